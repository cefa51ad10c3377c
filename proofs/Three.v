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

Definition no_pattern : pattern := ([::], [::]).

(** Each maximal closed pattern is closed by its tree of rules. *)
Definition rules_ok : bool :=
  all (fun k => let p := nth no_pattern maximal_closed k in
    chain_ok false (size p.1) 3 (size p.2) (get false p.1) (fun k j => get false p.2 j k) (fun _ _ => true) (nth RCrossing maximal_rules k))
  (iota 0 (size maximal_closed)).

Lemma maximal_rules_ok : rules_ok.
Proof. by vm_cast_no_check (erefl true). Qed.

Section Three.
Variable F : numFieldType.

(** This half needs no compactness. *)
Theorem not_closed_3 m r n (S : support m r) (T : support r n) : r <= 3 ->
  contains bad_images (pattern_of_supports (padded_left S) (padded_right T)) -> ~ closed (@products F _ _ _ S T).
Proof.
move=> r3 bad /(padded_closed F S T r3)/supports_closed; apply: (contains_not_closed bad_images_ok) => //.
exact: all_tables_nth (tables_not_closed F).
Qed.

Theorem classification m r n (S : support m r) (T : support r n) : compact F -> r <= 3 ->
  closed (@products F _ _ _ S T) <-> ~~ contains bad_images (pattern_of_supports (padded_left S) (padded_right T)).
Proof.
move=> compactF r3; apply: iff_trans (padded_closed F S T r3) (iff_trans (supports_closed _ _ _) _).
apply: (classified compactF tables_ok (all_tables_nth (tables_not_closed F))); last exact: supports_wide.
move=> k lt; have := all_iota_lt maximal_rules_ok lt; move/(chain_ok_closed compactF (arch := false) (fun no : false => False_ind _ (notF no))).
by apply: closed_ext => A; apply: masked_by_nothing.
Qed.
End Three.
