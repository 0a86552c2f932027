"""A change of policy as a file: YAML with the fields that are to be other than they are."""

from __future__ import annotations

from pydantic import ValidationError

from manyvoices.design.sources import Source, parse_yaml
from manyvoices.design.trees.policy import TreePolicy, TreeTasksStage
from manyvoices.design.wording import put_in_words
from manyvoices.design.written import Unfit
from manyvoices.schema import Fault, InputError


def changed_policy(text: str, file: str, before: TreePolicy, stage: TreeTasksStage) -> TreePolicy:
    """The policy `before` of a project's `stage` with the fields of a file in place of its own.

    Of `weights` too, those that the file leaves out stay; `acceptance_against` is replaced whole.

    Raises:
        InputError: Every fault of the file, each with its line.
    """
    source = parse_yaml(text, file)
    if not source.faults and not isinstance(source.data, dict):
        source.fault(1, (), type(source.data).__name__, "fields of a policy, as in tree_tasks")
    if source.faults:
        raise InputError(source.faults)
    fields = before.model_dump(mode="json") | source.data
    if isinstance(weights := source.data.get("weights"), dict):
        fields["weights"] = before.weights.model_dump(mode="json") | weights
    try:
        policy = TreePolicy.model_validate(fields)
        stage.check_policy(policy)
    except ValidationError as error:
        raise InputError(_faults(error, source)) from None
    except Unfit as unfit:
        loc = (unfit.key,)
        source.fault(source.lines.get(loc), loc, unfit.found, unfit.expected, unfit.hint)
        raise InputError(source.faults) from None
    return policy


def _faults(error: ValidationError, source: Source) -> list[Fault]:
    for detail in error.errors():
        loc, found, expected, hint = put_in_words(detail, TreePolicy)
        source.fault(source.lines.get(loc), loc, found, expected, hint)
    return source.faults
