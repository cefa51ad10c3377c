(** * The classification of pairs with at most three hidden indices

    [bad_images], [good_images], [maximal_closed] and [case_tree] are written by
    [classify.py], [not_closed_tables] by [translate.py]; what they claim is
    computed here. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Limit Compactness Nested Patterns Classification Rules Minimal Tables.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.

Lemma bad_images_ok : images_of_tables not_closed_tables bad_images.
Proof. by vm_cast_no_check (erefl true). Qed.

Lemma tables_ok : tables_complete not_closed_tables bad_images maximal_closed good_images case_tree.
Proof. by vm_cast_no_check (erefl true). Qed.

(** ** Closed by structural rules *)
Definition rules_ok (p : pattern) (t : option rules) : bool :=
  if t is Some t' then chain_ok (size p.1) 3 (size p.2) (get false p.1) (fun k j => get false p.2 j k) (fun _ _ => true) t'
  else false.

Section Three.
Variable F : numFieldType.

Theorem not_closed_3 m r n (S : support m r) (T : support r n) : r <= 3 ->
  contains bad_images (pattern_of_supports (padded_left S) (padded_right T)) -> ~ closed (@products F _ _ _ S T).
Proof.
move=> r3 bad /(padded_closed F S T r3)/supports_closed; apply: (contains_not_closed bad_images_ok) => //.
exact: all_tables_nth (tables_not_closed F).
Qed.

Hypothesis compactF : compact F.

Lemma rules_okP p t : rules_ok p t -> pattern_closed F p.
Proof. by case: t => // t /(chain_ok_closed compactF); apply: closed_ext => A; apply: masked_by_nothing. Qed.

(** What is left to be shown for the other half: these stored patterns are closed. *)
Definition unproved_numbers : seq nat :=
  [seq k <- iota 0 (size maximal_closed) | ~~ rules_ok (nth ([::], [::]) maximal_closed k) (nth None maximal_rules k)].

Definition unproved : seq pattern := [seq nth ([::], [::]) maximal_closed k | k <- unproved_numbers].

Theorem classification_given m r n (S : support m r) (T : support r n) : r <= 3 ->
  (forall p, p \in unproved -> pattern_closed F p) ->
  closed (@products F _ _ _ S T) <-> ~~ contains bad_images (pattern_of_supports (padded_left S) (padded_right T)).
Proof.
move=> r3 left; apply: iff_trans (padded_closed F S T r3) (iff_trans (supports_closed _ _ _) _).
apply: (classified compactF tables_ok (all_tables_nth (tables_not_closed F))); last exact: supports_wide.
move=> k lt; case: (boolP (rules_ok (nth ([::], [::]) maximal_closed k) (nth None maximal_rules k))) => [/rules_okP //|no].
by apply: left; apply: map_f; rewrite mem_filter no mem_iota.
Qed.
End Three.

(** How many. *)
Lemma number_unproved : size unproved = 15.
Proof. by vm_compute. Qed.
