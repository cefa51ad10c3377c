(** * The checker as a program

    [check] of [Limit.v], for which [not_closed_any] and [not_closed_real] are
    proved, and [check_closed] of [Checked.v], for which [closed_any] is, in
    OCaml: [make proved] compiles them with [driver.ml]. *)

From Coq Require Import Extraction ExtrOcamlBasic.
From Closedness Require Import Limit Checked.
Extraction Language OCaml.
Extraction "extracted.ml" check check_closed.
