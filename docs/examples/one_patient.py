# %% [markdown]
# # One patient
# What 0.5 mg/kg of racemic ketamine over 40 minutes becomes in a person of 70 kg and 40 years, who is
# invented. A simulated curve waives no measurement and sets no dose; Posology supports and never replaces a
# clinician.

# %%
import numpy as np

import posology
from posology.pharmacology import Person, Substance, infusion

person = Person(weight_kg=70, age_years=40)
dose_mg = 0.5 * person.weight_kg
curve = posology.simulate(
    "ketamine-otto-2021",
    infusion(Substance.KETAMINE, dose_mg, minutes=40),
    person,
    t_h=np.arange(0, 4 * 60 + 1, 5) / 60,
)

# %% [markdown]
# Every array carries its unit in its name. Rows are times; the members of the cohort stand in columns.

# %%
print(curve.t_h.shape, curve.members_ng_per_mL["ketamine"].shape)
for minute in (20, 40, 80, 240):
    row = minute // 5
    half, most, nearly_all = curve.bands("ketamine")
    print(
        f"{minute:3} min: typical {curve.typical_ng_per_mL['ketamine'][row]:5.1f} ng/mL, "
        f"middle 80 % of persons {most.low[row]:5.1f} to {most.high[row]:5.1f}"
    )

# %% [markdown]
# Peak, its time and the area are found exactly, not read off these times. The last member is the typical
# person.

# %%
for analyte, found in curve.exposures.items():
    print(
        f"{analyte}: Cmax {found.Cmax[-1]:.0f} ng/mL at {60 * found.tmax_h[-1]:.0f} min, "
        f"AUC {found.AUC[-1]:.0f} ng·h/mL in 4 h"
    )

# %% [markdown]
# The range of levels that the literature links with dissociation, and how long the curve stays above its
# lower end.

# %%
from posology.pharmacology import dissociation_range

level = dissociation_range(Substance.KETAMINE, curve.site)
above = curve.hours_above("ketamine", float(level.range.low)) * 60
low, high = np.quantile(above[:-1], [0.1, 0.9])
print(level.say)
print(f"above {level.range.low} ng/mL: typical {above[-1]:.0f} min, middle 80 % {low:.0f} to {high:.0f} min")

# %% [markdown]
# A second opinion is another model of the same blood and the same substance. Where they differ, nobody
# knows better.

# %%
from posology.pharmacology import Route, second_opinion

beside = second_opinion(curve.model, Substance.KETAMINE, Route.INTRAVENOUS)
other = posology.simulate(beside.id, curve.regimen, person, t_h=curve.t_h, members=0)
print(f"{other.model.title}: {other.typical_ng_per_mL['ketamine'][8]:.0f} ng/mL at the end of the infusion")

# %% [markdown]
# What belongs beside the curve comes with it.

# %%
from posology.pharmacology.passport import passport

words = passport(curve)
for sentence in (words.studied, *words.basis, *words.remarks, words.limits[0], words.closing):
    print("-", sentence)

# %%
from posology.pharmacology.chart import chart

figure("one_patient", chart(curve, beside=other, level=level, paper=True))
