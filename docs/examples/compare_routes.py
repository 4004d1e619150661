# %% [markdown]
# # Compare routes
# The same invented person by five routes. Two warnings before any number. A model speaks of the blood in
# which it was fitted: arterial and venous concentrations differ about two-fold during a dose, so they never
# share a chart or a sum. And racemic ketamine and esketamine are different substances: their numbers are
# not doses of each other.

# %%
import numpy as np

import posology
from posology.pharmacology import Person, Route, Substance, devices, infusion, primary_model, single

person = Person(weight_kg=70, age_years=45)
looks = np.arange(0, 24 * 12 + 1) / 12
regimens = {
    "ketamine 35 mg, vein, 40 min": infusion(Substance.KETAMINE, 35, minutes=40),
    "ketamine 35 mg, muscle": single(Substance.KETAMINE, Route.INTRAMUSCULAR, 35),
    "esketamine 56 mg, nose": devices(2, mg_each=28, rest_minutes=5),
    "esketamine 84 mg, nose": devices(3, mg_each=28, rest_minutes=5),
    "ketamine 70 mg, mouth": single(Substance.KETAMINE, Route.ORAL, 70),
    "esketamine 50 mg, film": single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50),
}
runs = {}
for name, regimen in regimens.items():
    model = primary_model(regimen.substance, regimen.routes[0])
    runs[name] = posology.simulate(model.id, regimen, person, t_h=looks)

# %% [markdown]
# Typical person and the middle 80 % of a thousand, by the blood and the substance that are meant. Compare
# within a group alone.

# %%
groups = dict.fromkeys((run.site, run.regimen.substance) for run in runs.values())
for site, substance in groups:
    print(f"{substance.value}, {site} blood")
    for name, run in runs.items():
        if (run.site, run.regimen.substance) == (site, substance):
            parent, metabolite = run.exposures["ketamine"], run.exposures["norketamine"]
            low, high = np.quantile(parent.Cmax[:-1], [0.1, 0.9])
            print(
                f"  {name:29} Cmax {parent.Cmax[-1]:4.0f} ({low:3.0f} to {high:3.0f}) ng/mL at "
                f"{60 * parent.tmax_h[-1]:3.0f} min, AUC {parent.AUC[-1]:4.0f} ng·h/mL, "
                f"norketamine {metabolite.Cmax[-1]:3.0f} ng/mL"
            )

# %% [markdown]
# Two pictures, because two kinds of blood: mind that their axes differ.

# %%
from posology.pharmacology.chart import chart

for name, title in (
    ("esketamine 84 mg, nose", "esketamine_by_nose_in_venous_blood"),
    ("esketamine 50 mg, film", "esketamine_by_film_in_arterial_blood"),
):
    curve = posology.simulate(runs[name].model.id, regimens[name], person, t_h=looks[: 6 * 12 + 1])
    figure(title, chart(curve, paper=True))

# %% [markdown]
# How sure each of them is differs more than the numbers do.

# %%
for name, run in runs.items():
    print(f"{name}: {run.model.level_of_evidence}")

# %% [markdown]
# What cannot be compared is refused.

# %%
from posology.pharmacology import OutsideDomain
from posology.pharmacology.effects import dissociation_shape

younger = Person(weight_kg=70, age_years=25)  # the age of those in whom this effect was studied
by_vein = regimens["ketamine 35 mg, vein, 40 min"]
shape = dissociation_shape(by_vein, younger, looks[:25])
print(f"effect site at the end of the infusion: {shape.typical[8]:.2f} times {shape.unit}. {shape.is_not}")
try:
    dissociation_shape(regimens["esketamine 84 mg, nose"], person, looks[:25])
except OutsideDomain as refused:
    print("refused:", refused)
