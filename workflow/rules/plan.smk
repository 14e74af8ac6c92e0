"""What the study will train, logged before anything runs."""

from snakemake.logging import logger

from thousandfold.data import read_as
from thousandfold.engine_choice import unsupported
from thousandfold.names import composed, spelled
from thousandfold.resources import plan_in_words


def planned_trainings():
    """What the whole study trains, for the log: how much, how long, and by which engine."""
    packs = packed().outstanding
    left = [PLAN.workload(packed.block) for pack in packs.values() for packed in pack]
    lines = [plan_in_words(STUDY, left, len(packs))]
    if STUDY.stopping:
        lines.append(
            "Training stops when it is enough; listed are the stages decided so far."
        )
    lines += read_as(STUDY.series)
    shared = config.get("model", {}).get("engine")
    typed = {composed(name): fields for name, fields in config["scenarios"].items()}
    for scenario in STUDY.scenarios:
        wanted = typed[scenario.name].get("engine", shared)
        if scenario.regime.execution.engine == "keras" and wanted != "keras":
            lines.append(
                f"{scenario.name}: trained by stock Keras, because of {unsupported(scenario.regime)}"
            )
    lines += [
        f"{name}: in file names and below, {spelled(name)}"
        for name in dict.fromkeys(STUDY.series_names + STUDY.scenario_names)
        if spelled(name) != name
    ]
    return "\n".join(lines)


if workflow.is_main_process:
    logger.info(planned_trainings())
