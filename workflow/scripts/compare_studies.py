"""Write two finished studies side by side."""

from pathlib import Path

from thousandfold.comparing import FinishedRun, estimate_changes, verdict_changes
from thousandfold.disk import write_text
from thousandfold.joblog import log_to
from thousandfold.side_by_side import SideBySide
from thousandfold.tables import write_rows
from thousandfold.tables.rows import EstimateChangeRow, VerdictChangeRow


def write_comparison(
    folders: list[Path], page: Path, markdown: Path, verdicts_output: Path, estimates_output: Path
) -> None:
    """Write the page in both forms, and both tables about the runs in two folders."""
    one, other = map(FinishedRun.read, folders)
    verdicts, estimates = verdict_changes(one, other), estimate_changes(one, other)
    write_rows(VerdictChangeRow, verdicts, verdicts_output)
    write_rows(EstimateChangeRow, estimates, estimates_output)
    shown = SideBySide.of(one, other, verdicts, estimates)
    write_text(page, shown.page())
    write_text(markdown, shown.markdown())


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_comparison(
        folders=[Path(folder) for folder in snakemake.params.folders],
        page=Path(snakemake.output.page),
        markdown=Path(snakemake.output.markdown),
        verdicts_output=Path(snakemake.output.verdict_changes),
        estimates_output=Path(snakemake.output.estimate_changes),
    )
