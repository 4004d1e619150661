# %% [markdown]
# # A virtual trial of maintenance intervals
# Sessions of 0.5 mg/kg over 40 minutes for 24 weeks: every week, every two weeks, every four. What differs
# is how much ketamine a person meets, and nothing else is computed. **Exposure is not benefit.**
# Maintenance is still being researched, more is not consistently better, and the interval is decided by
# clinician and patient on the scores.

# %%
import numpy as np

import posology
from posology.pharmacology import Person, Substance, dissociation_range, infusion
from posology.pharmacology.chart import chart
from posology.pharmacology.model import load
from posology.pharmacology.population import draw_cohort

person = Person(weight_kg=70, age_years=45)
session = infusion(Substance.KETAMINE, 35, minutes=40)
members = draw_cohort(load("ketamine-otto-2021").file, 500, seed=7)
week_h, weeks = 7 * 24, 24
level = dissociation_range(Substance.KETAMINE, "venous")
lowest = float(level.range.low)
print(f"{level.say} ({level.flag.value}; blood: {level.site})")

# %% [markdown]
# The three arms are the same 500 virtual persons, so that what differs between arms is the schedule alone.

# %%
arms = {}
for every in (1, 2, 4):
    begins_h = np.arange(0, weeks, every) * week_h
    looks_h = np.concatenate([begins_h, begins_h + 40 / 60, begins_h + 24, [weeks * week_h]])
    arms[every] = posology.simulate(
        "ketamine-otto-2021",
        session.repeated(begins_h.tolist()),
        person,
        t_h=np.unique(looks_h),
        cohort=members,
    )

# %%
for every, arm in arms.items():
    sessions = len(arm.regimen.doses)
    found = arm.exposures["ketamine"]
    trough = arm.typical_ng_per_mL["ketamine"][np.searchsorted(arm.t_h, (weeks - every) * week_h)]
    hours = arm.hours_above("ketamine", lowest)
    low, high = np.quantile(hours[:-1], [0.1, 0.9])
    print(
        f"every {every} week(s): {sessions:2} sessions, peak {found.Cmax[-1]:.0f} ng/mL, before the last "
        f"session {'less than 0.001' if trough < 0.001 else f'{trough:.3f}'} ng/mL"
    )
    print(
        f"    AUC {found.AUC[-1] / 1000:.1f} µg·h/mL in all; above {lowest:.0f} ng/mL {hours[-1]:.1f} h in "
        f"all, middle 80 % of persons {low:.1f} to {high:.1f}"
    )

# %% [markdown]
# The peaks are those of one session: at a week's distance nothing is left, so ketamine does not accumulate,
# whatever the interval. The area grows with the number of sessions and with nothing else.

# %%
of_one = arms[4].exposures["ketamine"].AUC[-1] / len(arms[4].regimen.doses)
for every, arm in arms.items():
    ratio = arm.exposures["ketamine"].AUC[-1] / (of_one * len(arm.regimen.doses))
    print(f"every {every} week(s): area per session is {ratio:.4f} of that at four weeks")

# %% [markdown]
# Each session looks the same, whatever the interval. What it does for the person is not in this picture.

# %%
of_a_session = posology.simulate(
    "ketamine-otto-2021", session, person, t_h=np.arange(0, 8 * 12 + 1) / 12, cohort=members
)
figure("one_session_of_ketamine_by_vein", chart(of_a_session, level=level, paper=True))

# %% [markdown]
# For a million persons and drawn weights, `posology cohort` runs such a study on all cores or on a cluster.
