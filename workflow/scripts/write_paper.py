"""Write a finished run for a paper."""

import json
from pathlib import Path

from thousandfold.disk import written_whole
from thousandfold.joblog import log_to
from thousandfold.paper import paper_files
from thousandfold.preregistration import in_words, registrations_in
from thousandfold.report.run import Provenance, stored_run
from thousandfold.study import ImportedStudy, TrainedStudy


def write_paper(
    study: TrainedStudy | ImportedStudy, provenance: Path, citation: Path, output: Path
) -> None:
    """Write the paper's folder from the tables beside the provenance."""
    told = json.loads(provenance.read_text(encoding="utf-8"))
    first_job = told["training"]["first_job_finished"]
    registered = in_words(registrations_in(output.parent), told["findings_sha256"], first_job)
    facts = Provenance({"Preregistration": registered}, "")
    run = stored_run(study, provenance.parent, facts)
    for name, content in paper_files(run, told, citation.read_text(encoding="utf-8")).items():
        with written_whole(output / name) as partial:
            partial.write_bytes(content)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_paper(
        study=snakemake.params.study[0],
        provenance=Path(snakemake.input.provenance),
        citation=Path(snakemake.input.citation),
        output=Path(snakemake.output[0]),
    )
