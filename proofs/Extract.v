(** * The checker as a program

    [check] of [Limit.v], for which [not_closed_any] and [not_closed_real] are
    proved, in OCaml: [make proved] compiles it with [driver.ml]. *)

From Coq Require Import Extraction ExtrOcamlBasic.
From Closedness Require Import Limit.
Extraction Language OCaml.
Extraction "extracted.ml" check.
