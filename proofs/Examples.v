(** * Two small examples by hand

    The rank-one 2 x 2 matrices are closed, by a tree of cases over the four
    entries (variables 0 to 3) with the determinant as the polynomial that
    vanishes on all products. Every other table is made by [translate.py]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Polynomials Refutation Limit Dichotomy.
From Coq Require Import ZArith List.
Import ListNotations.

Definition column := [[true]; [true]].
Definition row := [[true; true]].

Definition entry (k : nat) : zpoly := [(1%Z, [k])].
Definition determinant : zpoly := [(1%Z, [0; 3]); ((-1)%Z, [1; 2])].
Definition one : zpoly := [(1%Z, [])].
Definition minus_one : zpoly := [((-1)%Z, [])].

(** Entry (0, 0) is not zero: divide the first column by it. *)
Definition by_first_entry := DSection [0] []
  [[entry 0]; [entry 2]] [[entry 0; entry 1]] [[[]; []]; [[]; [(0, one)]]].

(** It is zero (equation 1), and entry (0, 1) is not: divide the second column by that. *)
Definition by_second_entry := DSection [0] []
  [[entry 1]; [entry 3]] [[[]; entry 1]] [[[(1, entry 1)]; []]; [[(0, minus_one); (1, entry 3)]; []]].

(** The first row is zero (equations 1 and 2). *)
Definition by_second_row := DSection [] []
  [[[]]; [one]] [[entry 2; entry 3]] [[[(1, one)]; [(2, one)]]; [[]; []]].

Definition rank_one_proof :=
  DVanish determinant (DSplit (entry 0) (DSplit (entry 1) by_second_row by_second_entry) by_first_entry).

Theorem rank_one_closed (F : numFieldType) : closed (@table_products F 2 2 1 column row).
Proof. apply: (@proves_closed F 2 1 2 column row rank_one_proof). vm_cast_no_check (eq_refl true). Qed.
