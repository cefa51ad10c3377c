"""The members of the families that are kept as cases, with their stated verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from cases import families
from cases.case import Case
from closedness import Status, Support, SupportProduct

__all__ = ["family_cases"]

CLOSED, NOT_CLOSED = Status.CLOSED, Status.NOT_CLOSED
_DISJOINT = "rank-one supports are pairwise disjoint or identical"
_LINES = ("kleiman1972schubert",)
_CORNER = "its leading 2×2 part is the LU pattern"


def family_cases() -> Iterator[Case]:
    """All cases that come from `cases.families`."""
    yield from _triangular()
    yield from _banded_and_arrow()
    yield from _low_rank()
    yield from _hierarchical()
    yield from _transforms()
    yield from _chains()
    yield from _completion()
    yield from _pruned()
    yield from _networks()
    yield from _fields()
    yield from _models()
    yield from _one_factor()


def _triangular() -> Iterator[Case]:
    yield Case("lu-1", "lu", "LU of order 1", families.lower_times_upper(1), CLOSED, "every number is a product")
    for n in (2, 3, 4, 5, 8, 16, 64):
        why = "a matrix has an LU factorisation only if its leading blocks fit; the exchange matrix has none"
        sources = ("okunev2005lu", "le2023closed")
        product = families.lower_times_upper(n)
        yield Case(f"lu-{n}", "lu", f"Lower times upper triangular, order {n}", product, NOT_CLOSED, why, sources)
    for n in (2, 3, 6):
        why = "the LU support with rows and columns reversed"
        product = families.upper_times_lower(n)
        yield Case(f"ul-{n}", "lu", f"Upper times lower triangular, order {n}", product, NOT_CLOSED, why)
    for n in (2, 3, 5, 10):
        why = "two rank-one supports overlap only when one is inside the rows and outside the columns of the other"
        product = families.lower_times_lower(n)
        yield Case(f"lower-lower-{n}", "triangular", f"Lower times lower triangular, order {n}", product, CLOSED, why)
    for n in (3, 6):
        why = "transpose of a product of lower triangular matrices"
        product = families.upper_times_upper(n)
        yield Case(f"upper-upper-{n}", "triangular", f"Upper times upper triangular, order {n}", product, CLOSED, why)


def _banded_and_arrow() -> Iterator[Case]:
    for n, below, above in ((3, 1, 1), (4, 1, 2), (5, 2, 2), (8, 1, 1), (24, 3, 3)):
        title = f"LU of a banded matrix of order {n}, bandwidths {below} and {above}"
        product = families.banded(n, below, above)
        yield Case(f"banded-{n}-{below}-{above}", "banded", title, product, NOT_CLOSED, _CORNER, ("okunev2005lu",))
    for n, below, above in ((4, 1, 0), (6, 0, 2)):
        title = f"Banded triangular times diagonal, order {n}, bandwidths {below} and {above}"
        why = "one factor is diagonal, so the rank-one supports are disjoint"
        yield Case(f"banded-{n}-{below}-{above}", "banded", title, families.banded(n, below, above), CLOSED, why)
    for n in (3, 5, 12):
        for down in (True, False):
            way = "down" if down else "up"
            title = f"LU of an arrow matrix of order {n} that points {way}"
            why = "the tip and one diagonal entry form the 2×2 LU pattern" if down else _CORNER
            product = families.arrow(n, pointing_down=down)
            yield Case(f"arrow-{way}-{n}", "arrow", title, product, NOT_CLOSED, why, ("okunev2005lu",))


def _low_rank() -> Iterator[Case]:
    for m, r, n in ((2, 1, 2), (3, 2, 3), (5, 2, 4), (8, 1, 8), (10, 4, 10), (3, 5, 4)):
        title = f"All {m}×{n} matrices of rank at most {r}"
        why = "rank conditions are closed" if r < min(m, n) else "every matrix is a product"
        product = families.dense(m, r, n)
        yield Case(f"rank-{m}-{r}-{n}", "low-rank", title, product, CLOSED, why, ("eckart1936approximation",))
    for count, size, rank in ((2, 2, 1), (3, 2, 1), (2, 3, 2), (4, 4, 1)):
        title = f"{count}×{count} tiles of order {size}, each of rank at most {rank}"
        product = families.disjoint_blocks(count, size, rank)
        name = f"tiles-{count}-{size}-{rank}"
        yield Case(name, "disjoint", title, product, CLOSED, _DISJOINT, ("le2023spurious",))
    product = families.blocks([(2, 1, 3), (3, 2, 3), (1, 1, 4)])
    yield Case("block-diagonal", "disjoint", "Three diagonal blocks of low rank", product, CLOSED, _DISJOINT)
    why = "the two free cells leave two rectangles of the other support"
    product = families.low_rank_plus_diagonal(2)
    yield Case("rank-1-diagonal-2", "diagonal", "Rank one plus diagonal, order 2", product, CLOSED, why)
    for n in (3, 4, 8, 20):
        title = f"Rank one plus diagonal, order {n}"
        why = "off-diagonal entries of a rank-one matrix are no closed set: three of them form an induced path"
        product = families.low_rank_plus_diagonal(n)
        sources = ("gillis2011weighted", "tanner2019rigidity")
        yield Case(f"rank-1-diagonal-{n}", "diagonal", title, product, NOT_CLOSED, why, sources)
    for rank, n in ((2, 6), (3, 8)):
        title = f"Rank {rank} plus diagonal, order {n}"
        why = "an identity matrix off the diagonal beside three off-diagonal cells of rank one"
        product = families.low_rank_plus_diagonal(n, rank)
        yield Case(f"rank-{rank}-diagonal-{n}", "diagonal", title, product, NOT_CLOSED, why, ("tanner2019rigidity",))
    for rank in (2, 3):
        title = f"Rank {rank} plus diagonal, order {rank + 2}"
        why = f"a nilpotent Jordan block is a limit, but a diagonal does not reduce its rank to {rank}"
        product = families.low_rank_plus_diagonal(rank + 2, rank)
        name = f"rank-{rank}-diagonal-{rank + 2}"
        yield Case(name, "diagonal", title, product, NOT_CLOSED, why, ("tanner2019rigidity",))
    for n in (3, 4, 5):
        title = f"Rank {n - 1} plus diagonal, order {n}"
        why = "every matrix is a product: make it singular by changing the diagonal"
        product = families.low_rank_plus_diagonal(n, n - 1)
        yield Case(f"rank-{n - 1}-diagonal-{n}", "diagonal", title, product, CLOSED, why)


def _hierarchical() -> Iterator[Case]:
    for levels, leaf, rank in ((1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1), (3, 2, 1), (3, 4, 2)):
        title = f"Hierarchical off-diagonal rank {rank}, {levels} levels, order {leaf << levels}"
        product = families.hodlr(levels, leaf, rank)
        name = f"hodlr-{levels}-{leaf}-{rank}"
        yield Case(name, "hierarchical", title, product, CLOSED, _DISJOINT, ("hackbusch2015hierarchical",))


def _transforms() -> Iterator[Case]:
    for levels in range(2, 11):
        n = 1 << levels
        for split in range(1, levels):
            title = f"Butterfly of order {n}, {split} factors times {levels - split}"
            product = families.butterfly_split(n, split)
            name, sources = f"butterfly-{n}-{split}", ("le2025butterfly",)
            yield Case(name, "butterfly", title, product, CLOSED, _DISJOINT, sources)
    origin = ("cooley1965fft", "le2025butterfly")
    for n, splits in ((4, (1,)), (8, (1, 2)), (16, (1, 2, 3)), (256, (4,))):
        for split in splits:
            title = f"Discrete Fourier transform of order {n}: {split} factors times the rest with bit reversal"
            product = families.fourier_split(n, split)
            yield Case(f"fourier-{n}-{split}", "butterfly", title, product, CLOSED, _DISJOINT, origin)
    for count, size in ((2, 2), (3, 3), (4, 4), (4, 8), (8, 8), (16, 16)):
        title = f"Monarch pair of order {count * size}, {count} blocks of order {size}"
        product = families.monarch(count, size)
        origin = ("dao2022monarch", "le2025butterfly")
        yield Case(f"monarch-{count}-{size}", "monarch", title, product, CLOSED, _DISJOINT, origin)
    for rows, columns, rank in (((2, 3), (4, 5), 1), ((2, 3), (4, 5), 2), ((4, 4), (4, 4), 2), ((2, 2), (2, 2), 2)):
        title = f"Deformable butterfly pair, radices {rows} and {columns}, rank {rank}"
        name = f"deformable-{rows[0]}-{rows[1]}-{columns[0]}-{columns[1]}-{rank}"
        product = families.deformable(rows, columns, rank)
        origin = ("lin2021deformable", "le2025butterfly")
        yield Case(name, "deformable", title, product, CLOSED, _DISJOINT, origin)
    for n, factor in ((8, 0), (8, 1), (8, 2), (16, 1)):
        title = f"Butterfly factor {factor + 1} of order {n} times its transpose"
        product = families.kaleidoscope_pair(n, factor)
        why = "the pair is redundant: both factors together give each 2×2 block"
        name = f"kaleidoscope-{n}-{factor + 1}"
        yield Case(name, "kaleidoscope", title, product, CLOSED, why, ("dao2020kaleidoscope",))


def _chains() -> Iterator[Case]:
    for n in (4, 8, 64):
        title = f"Discrete Fourier transform of order {n}: all factors and the bit reversal"
        why = "a chainable chain followed by a permutation"
        origin = ("cooley1965fft", "le2025butterfly")
        yield Case(f"fourier-chain-{n}", "chain", title, families.fourier_chain(n), CLOSED, why, origin)
    for name, rows, columns, rank in (("64", (4, 4, 4), (4, 4, 4), 1), ("12-24-2", (2, 3, 2), (3, 2, 4), 2)):
        title = f"Deformable butterfly chain, radices {rows} and {columns}, rank {rank}"
        why = "a chainable chain: its products are the matrices whose blocks have bounded ranks"
        product = families.deformable_chain(rows, columns, rank)
        origin = ("lin2021deformable", "le2025butterfly")
        yield Case(f"deformable-chain-{name}", "chain", title, product, CLOSED, why, origin)
    for n in (4, 8, 16):
        title = f"Kaleidoscope chain of order {n}: a butterfly times a transposed butterfly"
        why = "a quotient of blocks of a product is diagonalisable; a Jordan block is a limit only"
        product = families.kaleidoscope(n)
        yield Case(f"kaleidoscope-chain-{n}", "chain", title, product, NOT_CLOSED, why, ("dao2020kaleidoscope",))
    for levels in range(3, 11):
        n = 1 << levels
        product = SupportProduct.from_kronecker(families.butterfly(n))
        why = "a chainable chain: its products are the matrices whose blocks have bounded ranks"
        title = f"Butterfly chain of order {n}, {levels} factors"
        yield Case(f"butterfly-chain-{n}", "chain", title, product, CLOSED, why, ("le2025butterfly",))
    lower = families.lower_times_lower(3)[0]
    diagonal = Support.kronecker(3, 1, 1, 1)
    why = "outer factors can be kept orthogonal"
    yield Case("lower-3-times", "chain", "Three lower triangular factors", SupportProduct([lower] * 3), CLOSED, why)
    product = SupportProduct([lower, diagonal, lower.T])
    why = "with unit diagonals this is LU; a diagonal factor in the middle adds nothing"
    yield Case("lower-diagonal-upper", "chain", "LDU of order 3", product, NOT_CLOSED, why, ("okunev2005lu",))
    product = SupportProduct([lower, lower.T, lower])
    why = "every matrix is a product of three triangular matrices of kinds in turn"
    yield Case("lower-upper-lower", "chain", "Lower, upper, lower triangular", product, CLOSED, why)
    for n in (2, 9):
        left, right = families.lower_times_upper(n)
        title, product = f"Lower, upper, lower triangular of order {n}", SupportProduct([left, right, left])
        yield Case(f"lower-upper-lower-{n}", "chain", title, product, CLOSED, why)
    product = SupportProduct.from_kronecker([(1, 4, 2, 1), (1, 2, 3, 1), (1, 3, 5, 1)])
    yield Case("rank-two-chain", "chain", "Three dense factors, rank at most two", product, CLOSED, "ranks are bounded")


def _completion() -> Iterator[Case]:
    path = "the known entries contain three that form an induced path: 0 between two ones is a limit only"
    parts = "the known entries form disjoint full blocks"
    every = "every choice of the known entries has a completion of that rank"
    listed: tuple[tuple[str, str, int, Status, str], ...] = (
        ("corner", "11/10", 1, NOT_CLOSED, path),
        ("path", "110/011", 1, NOT_CLOSED, path),
        ("cycle", "110/011/101", 1, NOT_CLOSED, path),
        ("staircase", "111/110/100", 1, NOT_CLOSED, path),
        ("missing-column", "111/110/110", 1, NOT_CLOSED, path),
        ("diagonal", "10/01", 1, CLOSED, parts),
        ("blocks", "1100/1100/0011", 1, CLOSED, parts),
        ("corner", "11/10", 2, CLOSED, every),
        ("cycle", "110/011/101", 2, CLOSED, every),
        ("staircase", "111/110/100", 2, NOT_CLOSED, "the matrices of rank two do not fill the known entries' limits"),
    )
    for name, known, rank, status, why in listed:
        rows = known.split("/")
        title = f"Completion of a {len(rows)}×{len(rows[0])} matrix to rank {rank}, known entries {known}"
        product, sources = families.completion(rows, rank), ("gillis2011weighted", "le2023spurious")
        yield Case(f"completion-{name}-{rank}", "completion", title, product, status, why, sources)


def _pruned() -> Iterator[Case]:
    apart = "so few weights survive that the rank-one supports hardly overlap"
    corner = "two rows and two columns form the 2×2 LU pattern"
    listed: tuple[tuple[int, int, int, float, int, Status, str], ...] = (
        (4, 3, 4, 0.5, 1, CLOSED, "overlapping rank-one supports are crossing"),
        (16, 8, 16, 0.1, 1, CLOSED, apart),
        (16, 8, 16, 0.1, 2, CLOSED, apart),
        (6, 4, 6, 0.4, 1, NOT_CLOSED, corner),
        (8, 4, 8, 0.3, 2, NOT_CLOSED, corner),
        (8, 8, 8, 0.2, 1, NOT_CLOSED, corner),
        (10, 6, 10, 0.5, 1, NOT_CLOSED, corner),
        (12, 4, 12, 0.7, 1, NOT_CLOSED, "a minimal non-closed pattern with two hidden indices is inside"),
        (5, 3, 5, 0.8, 1, NOT_CLOSED, "a minimal non-closed pattern with three hidden indices is inside"),
        (40, 20, 40, 0.2, 1, NOT_CLOSED, corner),
    )
    for m, r, n, density, seed, status, why in listed:
        title = f"Pruned {m}×{r} and {r}×{n} masks, {density:.0%} of the weights kept, seed {seed}"
        name = f"pruned-{m}-{r}-{n}-{round(100 * density)}-{seed}"
        yield Case(name, "pruned", title, families.pruned(m, r, n, density, seed), status, why, ("han2015pruning",))


def _networks() -> Iterator[Case]:
    sources = ("le2023closed",)
    why = "so some finite data set has no optimum for the ReLU network with these masks (Theorem V)"
    for d in (10, 100):
        title = f"One hidden ReLU layer with LU masks, width {d}: the supports of the divergence experiment"
        yield Case(f"network-lu-{d}", "network", title, families.lower_times_upper(d), NOT_CLOSED, why, sources)
    title = "One hidden ReLU layer without masks, width 50: the control of the divergence experiment"
    why = "every matrix is a product; this necessary condition alone does not promise an optimum for ReLU networks"
    yield Case("network-full-50", "network", title, families.dense(50, 50, 50), CLOSED, why, sources)
    lower = families.lower_times_upper(6)[0]
    title = "Two hidden ReLU layers with lower triangular, diagonal and upper triangular masks of order 6"
    product = SupportProduct([lower, Support.kronecker(6, 1, 1, 1), lower.T])
    why = "so some finite data set has no optimum for the ReLU network with these masks (Theorem VI)"
    yield Case("network-deep-lu", "network", title, product, NOT_CLOSED, why, sources)
    title = "Three hidden ReLU layers with butterfly masks of order 16"
    product = SupportProduct.from_kronecker(families.butterfly(16))
    why = "bounded ranks of blocks; this necessary condition alone does not promise an optimum for ReLU networks"
    yield Case("network-deep-butterfly", "network", title, product, CLOSED, why, sources)
    for seed in (1, 2, 3):
        title = f"Output dimension one, hidden width 6, ten inputs, random masks, seed {seed}"
        why = "the products are rows with free entries, in accordance with Theorem IV: an optimum always exists"
        product = families.pruned(1, 6, 10, 0.5, seed)
        yield Case(f"network-scalar-{seed}", "network", title, product, CLOSED, why, sources)
    title = "Two outputs that share one of three hidden neurons, four inputs each"
    left = Support.from_text("xx. / .xx")
    right = Support.from_text("xxxx / xxxx / xxxx")
    product = SupportProduct([left, right])
    yield Case("network-shared-neuron", "network", title, product, CLOSED, "every matrix is a product", sources)


def _fields() -> Iterator[Case]:
    for given in (2, 1, 0):
        some = f"{given} of them coordinate lines" if given else "all of them free"
        title = f"Four lines, {some}: every matrix over C, not even a dense set over R"
        why = "overlapping supports are crossing; a line that meets four lines solves a quadratic equation"
        yield Case(f"four-lines-{given}", "fields", title, families.four_lines(given), CLOSED, why, _LINES)
    title = "Four lines and a free entry: closed over C, not closed over R"
    why = "real lines that meet four given ones exist nearby, but none in the limit; over C all matrices are products"
    product = families.four_lines(1, free_cell=True)
    yield Case("four-lines-free-entry", "fields", title, product, NOT_CLOSED, why, _LINES, CLOSED)


def _models() -> Iterator[Case]:
    sources = ("liao2003nca",)
    genes = [[1, 1], [1, 0], [0, 1]]  # lacZ: crp and lacI, araB: crp, galK: lacI
    title = "Network component analysis of three genes with two regulators, which one gene shares"
    why = "the two strengths of the shared gene diverge while the activities become equal; identifiable all the same"
    yield Case("nca-three-genes", "models", title, families.beside_full(genes, 2), NOT_CLOSED, why, sources)
    pairs = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]]
    title = "Network component analysis of six genes in three equal pairs, with four regulators and eight samples"
    why = "three pairs of genes that share regulators in a path"
    product = families.beside_full([row for row in pairs for _ in range(2)], 8)
    yield Case("nca-path", "models", title, product, NOT_CLOSED, why, sources)
    title = "Network component analysis in which each gene has one regulator"
    why = "no gene has two regulators whose activities could become equal"
    alone = [[1, 0], [1, 0], [0, 1], [0, 1]]
    yield Case("nca-one-regulator", "models", title, families.beside_full(alone, 3), CLOSED, why, sources)
    title = "Rank one plus two diagonal entries of a 3×3 matrix: a low-rank update beside a mask"
    why = "the entries cancel what the low-rank part makes where it alone covers the cells beside them"
    product = SupportProduct.from_text("xx./x.x/x.. * xxx/x../.x.")
    yield Case("low-rank-plus-two-entries", "models", title, product, NOT_CLOSED, why, ("tanner2019rigidity",))
    title = "Rank one plus a whole row of entries"
    why = "where the two parts overlap they are crossing"
    product = SupportProduct.from_text("xx/x./x. * xxx/xxx")
    yield Case("low-rank-plus-row", "models", title, product, CLOSED, why)


def _one_factor() -> Iterator[Case]:
    """Infinite families beside a factor without zeros; `docs/families.md` has the proofs."""
    for hidden, size in ((2, 2), (3, 2), (5, 5), (12, 2)):
        title = f"{hidden} items with one factor each and an item with {size}"
        why = "the item with several factors alone is crowded: its loadings diverge while factors become equal"
        product = families.markers_and_items(hidden, [size])
        yield Case(f"markers-{hidden}-{size}", "one-factor", title, product, NOT_CLOSED, why, ("liao2003nca",))
    for hidden in (2, 7):
        title = f"Two items with one factor each, for each of {hidden} factors"
        left = [[int(i == k) for k in range(hidden)] for i in range(hidden)] * 2
        product = families.beside_full(left, hidden)
        yield Case(f"markers-{hidden}-twice", "one-factor", title, product, CLOSED, _DISJOINT, ("liao2003nca",))
    for hidden, full in ((3, 1), (4, 2), (7, 5)):
        title = f"Rows that miss one of {hidden} hidden indices each, and {full} full ones"
        why = f"{full} full rows are fewer than {hidden - 1}, so no set of rows is crowded"
        product = families.each_misses_one(hidden, full)
        yield Case(f"misses-one-{hidden}-{full}", "one-factor", title, product, CLOSED, why)
    for hidden, full in ((3, 2), (4, 3), (7, 6)):
        title = f"Rows that miss one of {hidden} hidden indices each, and {full} full ones"
        why = f"the {full} full rows are crowded: they hold {hidden - 1} rows of each hidden index"
        product = families.each_misses_one(hidden, full)
        yield Case(f"misses-one-{hidden}-{full}", "one-factor", title, product, NOT_CLOSED, why)
