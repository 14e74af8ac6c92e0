"""The page's list of contents."""

from thousandfold.report.contents import contents_of

PARTS = (
    '<header><h1 id="top">The study</h1></header>',
    '<section><h2 id="holds">What holds: N &amp; M</h2><p>Text</p><h3>Without a place</h3></section>',
    '<section><h2 id="findings">Finding by\n  finding</h2>'
    '<h3 id="claim-E1"><span class="id">E1</span> Less.</h3><p>More <b>text</b></p>'
    '<h3 id="claim-E2"><span class="id">E2</span> More.</h3></section>',
)


def test_contents_are_the_headings_that_can_be_linked_to():
    found = contents_of(PARTS)
    assert [(entry.anchor, entry.text) for entry in found] == [
        ("holds", "What holds: N & M"),
        ("findings", "Finding by finding"),
    ]
    assert found[0].below == []
    claims = [(claim.anchor, claim.text) for claim in found[1].below]
    assert claims == [("claim-E1", "E1 Less."), ("claim-E2", "E2 More.")]
