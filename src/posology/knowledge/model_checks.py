"""The files of the models checked as a whole: what they cite, and what they say of each other.

``check-knowledge`` and the tests ask for it, and whoever reads a file that is not the one that was checked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TypeVar

from posology.knowledge.cross_checks import cited_with_place
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import PK
from posology.knowledge.library import KnowledgeStamp
from posology.knowledge.loading import only_file, parse, read_files, stamps_of
from posology.knowledge.schema import Header, Source, SourcesFile
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.schema.pk_covariates import PkCovariatesFile
from posology.knowledge.schema.pk_effects import PkEffectsFile
from posology.knowledge.schema.pk_rows import Observation, PkReferenceFile, ReferenceRow
from posology.knowledge.yaml_reader import Document, Path, read_yaml

_File = TypeVar("_File", bound=Header)


@dataclass(frozen=True, slots=True)
class Models:
    """Every file of the models, by kind."""

    models: Mapping[str, PkModelFile]
    effects: Mapping[str, PkEffectsFile]
    covariates: PkCovariatesFile
    reference: PkReferenceFile
    stamps: Mapping[str, KnowledgeStamp]

    @property
    def files(self) -> tuple[Header, ...]:
        """Every file, in a fixed order."""
        return (*self.models.values(), *self.effects.values(), self.covariates, self.reference)


def load_models(folder: FilePath) -> Models:
    """Load the models of a folder that holds its sources too, and check them as a whole.

    Parameters
    ----------
    folder : Path
        A folder of knowledge files.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    sources = parse(read_yaml((folder / "sources.yaml").read_text(encoding="utf-8"), name="sources.yaml"))
    assert isinstance(sources, SourcesFile)
    return build_models(read_files(folder, parts=(PK,)), sources.sources)


def build_models(documents: Mapping[str, tuple[Document, bytes]], sources: Mapping[str, Source]) -> Models:
    """Validate the model files of a set, and what they cite and say of each other.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    mine = {name: given for name, given in documents.items() if name.startswith(PK)}
    parsed = {name: parse(document) for name, (document, _) in mine.items()}
    models = Models(
        models=_by_id(parsed.values(), PkModelFile),
        effects=_by_id(parsed.values(), PkEffectsFile),
        covariates=only_file(parsed, PkCovariatesFile),
        reference=only_file(parsed, PkReferenceFile),
        stamps=MappingProxyType(stamps_of(parsed, mine)),
    )
    for name, file in parsed.items():
        for problem, path in _faults(name, file, models, sources):
            raise KnowledgeError(f"{name}:{mine[name][0].line_of(path)}: {problem}")
    return models


def _by_id(parsed: Iterable[Header], kind: type[_File]) -> Mapping[str, _File]:
    return MappingProxyType({file.id: file for file in parsed if isinstance(file, kind)})


def _faults(
    name: str, file: Header, models: Models, sources: Mapping[str, Source]
) -> Iterator[tuple[str, Path]]:
    if name != f"{PK}{file.id}.yaml":
        yield f"its id is '{file.id}', which is not the file's name. Give both the same.", ("id",)
    for path, cited in cited_with_place(file, ()):
        for source in cited.sources:
            if source not in sources:
                yield (
                    f"the source '{source}' does not stand in sources.yaml. Add it, or mend its spelling.",
                    path,
                )
    if isinstance(file, PkEffectsFile):
        yield from _effect_faults(file, models)
    if isinstance(file, PkCovariatesFile):
        yield from _covariate_faults(file, models)
    if isinstance(file, PkReferenceFile):
        yield from _reference_faults(file, models)


def _unknown(model: str) -> str:
    return f"there is no model '{model}'. Add its file, or mend its spelling."


def _effect_faults(file: PkEffectsFile, models: Models) -> Iterator[tuple[str, Path]]:
    for key, effect in file.effect_sites.items():
        path = ("effect_sites", key, "driver")
        model = models.models.get(effect.driver.model)
        if model is None:
            yield _unknown(effect.driver.model), path
        elif model.site != effect.driver.site:
            yield (
                f"its driver is {effect.driver.site}, and '{model.id}' is {model.site}; about a factor of "
                "two lies between them. Drive it by a model of its own site.",
                path,
            )


def _covariate_faults(file: PkCovariatesFile, models: Models) -> Iterator[tuple[str, Path]]:
    of_models = {m.parameters["Fgut"].value for m in models.models.values() if "Fgut" in m.parameters}
    if of_models != {file.fgut_of_the_model}:
        yield (
            f"fgut_of_the_model is {file.fgut_of_the_model}, and that of the hepatoportal model is "
            f"{', '.join(map(str, sorted(of_models))) or 'not there'}. Give both the same.",
            ("fgut_of_the_model",),
        )


def _reference_faults(file: PkReferenceFile, models: Models) -> Iterator[tuple[str, Path]]:
    for key, row in file.rows.items():
        for i, seen in enumerate(row.observations):
            for problem in _gate_faults(row, seen, models):
                yield f"{key}: {problem}", ("rows", key, "observations", i)
    for i, constant in enumerate(file.coding_constants):
        if constant.model not in models.models:
            yield _unknown(constant.model), ("coding_constants", i)


def _gate_faults(row: ReferenceRow, seen: Observation, models: Models) -> Iterator[str]:
    """Yield what makes a gate compare two different things: another route, analyte, substance or site."""
    for named in seen.computed:
        if named not in models.models:
            yield _unknown(named)
    if seen.gate.model is None:
        return
    model = models.models.get(seen.gate.model)
    if model is None:
        yield _unknown(seen.gate.model)
        return
    for given in row.design.inputs:
        allowed = model.substances_by_route.get(given.route, model.substances)
        if given.route not in model.routes or given.substance not in allowed:
            yield f"'{model.id}' has no {given.substance} by the {given.route} route. Gate another model."
    if seen.analyte not in model.analytes:
        yield f"'{model.id}' has no {seen.analyte}. Gate another model, or none with its reason."
    if row.site not in ("not stated", model.site):
        yield f"it was seen in {row.site} blood, and '{model.id}' is {model.site}. Gate a model of its site."
