"""Where a study's repeats are: in packs that are finished, or in those that are to be trained.

What is missing is cut into packs anew in each run, but for those that an earlier run planned; so a
run that was killed goes on with the same packs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from thousandfold.packs import PackedBlock, pack_name
from thousandfold.study import Block

Packs = Mapping[str, Sequence[PackedBlock]]
"""What is in each pack, by name."""


@dataclass(frozen=True)
class Group:
    """Blocks of which one job may train several."""

    blocks: Sequence[PackedBlock]
    as_one: bool = False
    """They have to be trained by the same job, all of them: their times are compared."""


@dataclass(frozen=True)
class Piece:
    """A block, or some of its repeats, and the name of the pack that holds them or will."""

    packed: PackedBlock
    pack: str


@dataclass(frozen=True)
class Packing:
    """Where a study's blocks are."""

    pieces: dict[Block, list[Piece]]
    """What each block consists of, in the order of its repeats."""
    outstanding: dict[str, tuple[PackedBlock, ...]]
    """What is in the packs that are to be trained, by name."""

    def files(self, blocks: Sequence[Block]) -> list[str]:
        """The names of the packs that hold these blocks, or will."""
        return list(dict.fromkeys(piece.pack for block in blocks for piece in self.pieces[block]))


def packing(
    groups: Sequence[Group],
    finished: Packs,
    planned: Packs,
    seconds: Callable[[Block], float],
    worth_starting: float,
) -> Packing:
    """Where the blocks of these groups are, given the packs that are finished and planned.

    Repeats that are in no finished pack and in no planned one (that is wanted whole) are cut into
    packs of successive blocks, each of the fewest whose training takes `worth_starting` seconds.
    """
    by_recipe = _by_recipe(finished)
    pieces: dict[Block, list[Piece]] = {}
    outstanding: dict[str, tuple[PackedBlock, ...]] = {}
    for group in groups:
        found = _as_one(group, finished) if group.as_one else by_recipe
        parts = {packed: list(_parts(packed, found[packed.recipe])) for packed in group.blocks}
        missing = [part for its in parts.values() for part, pack in its if pack is None]
        if group.as_one:
            packs = [missing] if missing else []
        else:
            packs = _packs_of(missing, planned, seconds, worth_starting)
        new = {packed: pack_name(pack) for pack in packs for packed in pack}
        outstanding |= {pack_name(pack): tuple(pack) for pack in packs}
        for packed, its in parts.items():
            pieces[packed.block] = [Piece(part, pack or new[part]) for part, pack in its]
    return Packing(pieces, outstanding)


def _by_recipe(packs: Packs) -> Mapping[str, list[tuple[Block, str]]]:
    """The blocks of each recipe with their packs, in the order of their first repeats."""
    found = defaultdict(list)
    for name in sorted(packs):
        for packed in packs[name]:
            found[packed.recipe].append((packed.block, name))
    for blocks in found.values():
        blocks.sort(key=lambda each: each[0].start)
    return found


def _as_one(group: Group, finished: Packs) -> Mapping[str, list[tuple[Block, str]]]:
    """The blocks by recipe of a pack that holds all of a group; none if there is no such pack."""
    wanted = set(group.blocks)
    whole = next((name for name in sorted(finished) if wanted <= set(finished[name])), None)
    return _by_recipe({whole: finished[whole]} if whole else {})


def _parts(
    packed: PackedBlock, held: Sequence[tuple[Block, str]]
) -> Iterator[tuple[PackedBlock, str | None]]:
    """A block in parts, each with the pack that holds it; None for what is missing."""
    block, start = packed.block, packed.block.start
    while start < block.stop:
        covering = [(b.stop, name) for b, name in held if b.start <= start < b.stop]
        if covering:
            stop, name = max(covering)
        else:
            later = [b.start for b, _ in held if b.start > start]
            stop, name = min(later, default=block.stop), None
        stop = min(stop, block.stop)
        yield replace(packed, block=replace(block, start=start, stop=stop)), name
        start = stop


def _packs_of(
    missing: Sequence[PackedBlock],
    planned: Packs,
    seconds: Callable[[Block], float],
    worth_starting: float,
) -> list[list[PackedBlock]]:
    """What is missing, in packs that were planned before or are worth the start of a job."""
    left, packs = set(missing), []
    for name in sorted(planned):
        if left.issuperset(planned[name]):
            packs.append(list(planned[name]))
            left.difference_update(planned[name])
    total = worth_starting
    for packed in missing:
        if packed not in left:
            continue
        if total >= worth_starting:
            packs.append([])
            total = 0.0
        packs[-1].append(packed)
        total += seconds(packed.block)
    return packs
