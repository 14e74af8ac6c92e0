"""Checks of the training, however its repeats are trained.

Makes results/identities.csv and fidelity.csv
"""


rule check_training:
    """Check that what must give the same numbers does: identities, the fast engine and stock Keras."""
    input:
        series=[ancient(file) for file in SERIES_FILES],
        release=rules.note_release.output[0],
    output:
        identities=RESULTS / "identities.csv",
        fidelity=RESULTS / "fidelity.csv",
        checksums=checksums("identities.csv", "fidelity.csv"),
    log:
        LOG_FILE.format(rule="check_training"),
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=checking_mb,
        runtime=checking_minutes,
    params:
        recipe=checks_recipe(STUDY),
        # No built-in type, so Snakemake does not compare it: the recipe says what is checked anew.
        study=STUDY,
    message:
        "Checking the training against itself and against stock Keras"
    script:
        "../scripts/check_training.py"
