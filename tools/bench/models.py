"""Typical values and variances of the published models that the bench and the comparisons use.

L, h, mg, 70 kg; transcribed from the papers a second time, apart from the knowledge files, so that a bench
stays the same bench when a knowledge file is revised. M1: Fanta 2015, Otto 2021. M2: Perez-Ruixo 2021,
Table 3. M3: Simons 2022, Table 4.
"""

from math import log

MAMMILLARY = dict(
    V1=133.0, CL=95.2, V2=187.0, Q2=23.2, V3=98.8, Q3=157.0, Vn=98.6, CLn=57.7, Vnp=160.0, Qn=42.8, fN=1.0,
    F_im=0.93, ka_im=6.0, F_sc=0.93, ka_sc=3.0,
)  # fmt: skip
HEPATOPORTAL = dict(
    FRn=0.54, FRn_later_devices=0.62, ka_nasal=2.93, D_swallowed=0.53, ka_swallowed=1.45, D_oral=0.32,
    ka_oral=0.97, Fgut=0.64, Vc=192.0, Q1=84.3, Vp1=143.0, Q2=37.6, Vp2=417.0, Qh=151.0, Vh=101.0, kel=1.11,
    kmet=2.77, Vcn=70.0, CLn=38.0, Vpn=115.0, Q3=26.1,
)  # fmt: skip
DELAYED = dict(
    F1=0.263, D1=13.1 / 60, KA1=0.040 * 60, F2=1.16, D2=29.9 / 60, KA2=0.049 * 60, MTT_gut=10.7 / 60, V1=11.6,
    V2=39.0, V3=174.0, CL=1.48 * 60, Q2=2.43 * 60, Q3=1.21 * 60, MTT_metabolism=20.1 / 60, fN=0.8, Vn2=221.0,
    CLn=1.00 * 60, Qn=2.63 * 60, MTT_second=1.12 / 60, fH=0.7, VH=4.4, VH2=87.5, CLH=0.933 * 60, QH=1.70 * 60,
)  # fmt: skip
TYPICAL = {"mammillary": MAMMILLARY, "hepatoportal": HEPATOPORTAL, "delayed-metabolites": DELAYED}


def of_cv(percent: float) -> float:
    """Return the variance of the logarithm that belongs to a coefficient of variation."""
    return log(1 + (percent / 100) ** 2)


# Between patients: variance of the logarithm, but FRn: SD on the logit.
FRN_LOGIT_SD = 0.708
HEPATOPORTAL_VARIANCE = dict(
    ka_nasal=of_cv(61.5), ka_swallowed=of_cv(132), Vc=of_cv(27.5), Vp1=of_cv(49.3), Qh=of_cv(23.2),
    Vh=of_cv(34.6), kel=of_cv(120), Vcn=of_cv(31.6), CLn=of_cv(25.4),
)  # fmt: skip
# Between patients plus between occasions: what one session of one patient varies by.
DELAYED_VARIANCE = dict(
    F1=0.060, D1=0.154, KA1=0.062, F2=0.057, D2=0.611, KA2=0.376, MTT_gut=0.937, V1=0.057, CL=0.029, Q3=0.026,
    MTT_metabolism=0.021 + 0.751, CLn=0.050, VH=1.22, VH2=0.152, CLH=0.103 + 0.008, QH=0.287,
)  # fmt: skip
