(** * The checker as a program

    [check] of [Limit.v], for which [not_closed_any] and [not_closed_real] are
    proved, [check_chain] of [ChainLimit.v], for which [chain_not_closed_any]
    and [chain_not_closed_real] are, [check_closed] of [Checked.v], for
    which [closed_any] is, and [check_closed_chain] of [ClosedChains.v], for
    which [closed_chain_any] is, in OCaml: [make proved] compiles them with
    [driver.ml]. *)

From Coq Require Import Extraction ExtrOcamlBasic.
From Closedness Require Import Limit ChainLimit Checked ClosedChains.
Extraction Language OCaml.
Extraction "extracted.ml" check check_chain check_closed check_closed_chain.
