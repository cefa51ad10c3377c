(** * Certificates that a set is closed, as a program reads them

    [check_closed] is [chain_ok] for two tables of truth values, all cells
    looked at; the extracted program runs it on certificates. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Compactness Limit Patterns Classification Sections Regular Rules.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.

Definition check_closed m r n (I J : seq (seq bool)) (t : rules) : bool :=
  chain_ok true m r n (get false I) (get false J) (fun _ _ => true) t.

Theorem closed_any (F : numFieldType) m r n I J t : compact F -> archimedean F ->
  check_closed m r n I J t -> closed (@table_products F m n r I J).
Proof.
move=> compactF archimedeanF /(chain_ok_closed compactF (fun=> archimedeanF)); apply: closed_ext => A.
exact: masked_by_nothing.
Qed.
