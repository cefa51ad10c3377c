(** * The classification of pairs with at most three hidden indices

    [bad_images], [good_images], [maximal_closed] and [case_tree] are written by
    [classify.py], [not_closed_tables] by [translate.py]; what they claim is
    computed here. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Limit Compactness Nested Patterns Classification Minimal Tables.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.

Lemma bad_images_ok : images_of_tables not_closed_tables bad_images.
Proof. by vm_cast_no_check (erefl true). Qed.

Lemma tables_ok : tables_complete not_closed_tables bad_images maximal_closed good_images case_tree.
Proof. by vm_cast_no_check (erefl true). Qed.

(** ** Closed by crossing *)
Definition lines (p : pattern) := (iota 0 (size p.1), iota 0 (size p.2)).

Definition crossing_ok (p : pattern) : bool :=
  let R := get false p.1 in let C := get false p.2 in let (I, J) := lines p in
  all (fun k => all (fun l =>
    has (fun i => R i k && R i l) I && has (fun j => C j k && C j l) J ==>
    (all (fun i => R i k ==> R i l) I && all (fun j => C j l ==> C j k) J) ||
    (all (fun i => R i l ==> R i k) I && all (fun j => C j k ==> C j l) J)) (iota 0 3)) (iota 0 3).

Section Three.
Variable F : numFieldType.

Theorem not_closed_3 m r n (S : support m r) (T : support r n) : r <= 3 ->
  contains bad_images (pattern_of_supports (padded_left S) (padded_right T)) -> ~ closed (@products F _ _ _ S T).
Proof.
move=> r3 bad /(padded_closed F S T r3)/supports_closed; apply: (contains_not_closed bad_images_ok) => //.
exact: all_tables_nth (tables_not_closed F).
Qed.

Hypothesis compactF : compact F.

Lemma crossing_okP p : crossing_ok p -> pattern_closed F p.
Proof.
move=> ok; rewrite /pattern_closed /typed_products.
apply: closed_ext (masked_by_nothing _ _) _; apply: (crossing compactF) => //.
move=> k l /andP[/existsP[i /andP[ik il]] /existsP[j /andP[jk jl]]].
have := all_iota_lt (all_iota_lt ok (ltn_ord k)) (ltn_ord l).
have -> : has (fun i => get false p.1 i k && get false p.1 i l) (lines p).1.
  by apply/hasP; exists (val i); rewrite ?mem_iota //= [X in X && _]ik.
have -> : has (fun j => get false p.2 j k && get false p.2 j l) (lines p).2.
  by apply/hasP; exists (val j); rewrite ?mem_iota //= [X in X && _]jk.
case/orP=> /andP[a b]; [left | right]; split=> q; apply/implyP.
- exact: (all_iota_lt a (ltn_ord q)).
- exact: (all_iota_lt b (ltn_ord q)).
- exact: (all_iota_lt a (ltn_ord q)).
- exact: (all_iota_lt b (ltn_ord q)).
Qed.

(** What is left to be shown for the other half: these stored patterns are closed. *)
Definition not_crossing : seq pattern := [seq p <- maximal_closed | ~~ crossing_ok p].

Theorem classification_given m r n (S : support m r) (T : support r n) : r <= 3 ->
  (forall p, p \in not_crossing -> pattern_closed F p) ->
  closed (@products F _ _ _ S T) <-> ~~ contains bad_images (pattern_of_supports (padded_left S) (padded_right T)).
Proof.
move=> r3 left; apply: iff_trans (padded_closed F S T r3) (iff_trans (supports_closed _ _ _) _).
apply: (classified compactF tables_ok (all_tables_nth (tables_not_closed F))); last exact: supports_wide.
move=> k lt; set p := nth _ _ k; case: (boolP (crossing_ok p)) => [/crossing_okP //|nc].
by apply: left; rewrite mem_filter nc mem_nth.
Qed.
End Three.
