(** * The real numbers of Coq's library

    They are a [numFieldType], and bounded families have cluster points: the
    hypothesis [compact F] of the other files is met. Only this file and
    [ComplexNumbers.v] use axioms, those of Coq's real numbers and of classical
    logic. *)

From Coq Require Import Reals Lra ClassicalEpsilon FunctionalExtensionality.
From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Compactness Regular Patterns Classification Tables Three.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope R_scope.

(** ** A field *)
Definition same (x y : R) : bool := if Req_EM_T x y is left _ then true else false.

Lemma sameP : Equality.axiom same.
Proof. by move=> x y; rewrite /same; case: Req_EM_T => h; constructor. Qed.

Canonical R_eqType := Eval hnf in EqType R (EqMixin sameP).

Definition choose (P : pred R) (_ : nat) : option R :=
  let x := epsilon (inhabits R0) (fun x => P x) in if P x then Some x else None.

Lemma choose_some P n x : choose P n = Some x -> P x.
Proof. by rewrite /choose; case: ifP => // h [<-]. Qed.

Lemma choose_ex (P : pred R) : (exists x, P x) -> exists n, choose P n.
Proof. by move=> h; exists 0%N; rewrite /choose (epsilon_spec (inhabits R0) (fun x => P x) h). Qed.

Lemma choose_ext P Q : P =1 Q -> choose P =1 choose Q.
Proof. by move=> e n; rewrite /choose; have -> : P = Q by apply: functional_extensionality. Qed.

Canonical R_choiceType := Eval hnf in ChoiceType R (Choice.Mixin choose_some choose_ex choose_ext).

Lemma plus_assoc : associative Rplus. Proof. by move=> x y z; rewrite Rplus_assoc. Qed.

Canonical R_zmodType := Eval hnf in ZmodType R (ZmodMixin plus_assoc Rplus_comm Rplus_0_l Rplus_opp_l).

Lemma mult_assoc : associative Rmult. Proof. by move=> x y z; rewrite Rmult_assoc. Qed.

Lemma one_neq0 : R1 != R0. Proof. by apply/eqP/R1_neq_R0. Qed.

Canonical R_ringType := Eval hnf in
  RingType R (RingMixin mult_assoc Rmult_1_l Rmult_1_r Rmult_plus_distr_r Rmult_plus_distr_l one_neq0).
Canonical R_comRingType := Eval hnf in ComRingType R Rmult_comm.

Definition inverse (x : R) : R := if x != R0 then / x else x.

Lemma inverse_left : forall x, x != R0 -> inverse x * x = R1.
Proof. by move=> x n; rewrite /inverse n Rinv_l //; apply/eqP. Qed.

Lemma inverse0 : inverse R0 = R0.
Proof. by rewrite /inverse eqxx. Qed.

Canonical R_unitRingType := Eval hnf in UnitRingType R (FieldUnitMixin inverse_left inverse0).
Canonical R_comUnitRingType := Eval hnf in [comUnitRingType of R].

Lemma R_field : GRing.Field.mixin_of R_unitRingType. Proof. exact: FieldMixin. Qed.

Canonical R_idomainType := Eval hnf in IdomainType R (FieldIdomainMixin R_field).
Canonical R_fieldType := Eval hnf in FieldType R R_field.

(** ** The order and the absolute value *)
Definition leq_real (x y : R) : bool := if Rle_dec x y is left _ then true else false.
Definition lt_real (x y : R) : bool := (y != x) && leq_real x y.

Lemma leq_realP x y : reflect (x <= y) (leq_real x y).
Proof. by rewrite /leq_real; case: Rle_dec => h; constructor. Qed.

Lemma lt_realP x y : reflect (x < y) (lt_real x y).
Proof.
apply: (iffP andP) => [[/eqP ne /leq_realP le]|lt]; first by lra.
by split; [apply/eqP => e; lra | apply/leq_realP; lra].
Qed.

Lemma real_normD x y : leq_real (Rabs (x + y)) (Rabs x + Rabs y).
Proof. by apply/leq_realP/Rabs_triang. Qed.

Lemma real_addr_gt0 x y : lt_real 0 x -> lt_real 0 y -> lt_real 0 (x + y).
Proof. by move=> /lt_realP ? /lt_realP ?; apply/lt_realP; lra. Qed.

Lemma real_norm_eq0 x : Rabs x = 0 -> x = 0.
Proof. by rewrite /Rabs; case: Rcase_abs => _ e; lra. Qed.

Lemma real_total x y : leq_real 0 x -> leq_real 0 y -> leq_real x y || leq_real y x.
Proof. by move=> _ _; case: (Rle_dec x y) => h; apply/orP; [left | right]; apply/leq_realP; lra. Qed.

Lemma real_le_def x y : leq_real x y = (Rabs (y - x) == y - x).
Proof.
apply/leq_realP/eqP => [le|]; first by rewrite Rabs_pos_eq; lra.
by rewrite /Rabs; case: Rcase_abs => h e; lra.
Qed.

Definition R_numMixin := @NumMixin R_idomainType leq_real lt_real Rabs real_normD real_addr_gt0 real_norm_eq0 real_total
  Rabs_mult real_le_def (fun _ _ => erefl).
Canonical R_porderType := POrderType ring_display R R_numMixin.
Canonical R_numDomainType := NumDomainType R R_numMixin.
Canonical R_normedZmodType := NormedZmodType R R R_numMixin.
Canonical R_numFieldType := Eval hnf in [numFieldType of R].

Import Num.Theory.

Lemma ltP (x y : R_numFieldType) : reflect (x < y) (x < y)%R.
Proof. exact: lt_realP. Qed.

Lemma leP (x y : R_numFieldType) : reflect (x <= y) (x <= y)%R.
Proof. exact: leq_realP. Qed.

(** ** Bounded families have cluster points

    The limit inferior: the least upper bound of the numbers that are below
    all members from some [eps] on. *)
Theorem compact_reals : compact R_numFieldType.
Proof.
move=> M Q shrink bounded.
pose E y := exists2 e : R, 0 < e & forall x : R, Q e x -> Rabs x <= M -> y <= x.
have member e : 0 < e -> exists x, Q e x /\ Rabs x <= M.
  by move=> /ltP/bounded[x Qx /leP le]; exists x.
have [c [upper least]] : {c | is_lub E c}.
  apply: completeness.
    exists M => y [e /member[x [Qx le]] h]; have := h x Qx le; have := Rle_abs x; lra.
  by exists (- M), R1 => [|x _ le]; [lra | have := Rle_abs (- x); rewrite Rabs_Ropp; lra].
exists c => eps /ltP h; have eps0 : 0 < eps := h.
have [y [e0 pos below] near] : exists2 y, E y & c - eps < y.
  apply: NNPP => none; have : c <= c - eps; last by lra.
  by apply: least => y Ey; apply: Rnot_lt_le => lt; apply: none; exists y.
pose e := Rmin e0 eps; have e_pos : 0 < e by apply: Rmin_pos.
have [x [Qx le lt]] : exists x, [/\ Q e x, Rabs x <= M & x < c + eps].
  apply: NNPP => none; have : c + eps <= c; last by lra.
  apply: upper; exists e => // x Qx le; apply: Rnot_lt_le => lt; apply: none; by exists x.
exists x.
  by apply: shrink Qx; [apply/ltP | apply/leP/Rmin_r].
have above : y <= x by apply: below => //; apply: shrink Qx; [apply/ltP | apply/leP/Rmin_l].
apply/ltP; change (Rabs (c - x) < eps); apply: Rabs_def1; lra.
Qed.

(** ** No number is larger than all integers *)
Lemma natural_real n : (n%:R : R_numFieldType)%R = INR n.
Proof. by elim: n => [|n IH] //; rewrite -addn1 GRing.natrD IH plus_INR. Qed.

Lemma naturals_unbounded a : 0 <= a -> exists n, a <= INR n.
Proof.
move=> a0; have [h _] := archimed a; exists (Z.to_nat (up a)).
rewrite INR_IZR_INZ Z2Nat.id; [lra | apply: le_IZR; lra].
Qed.

Theorem archimedean_reals : archimedean R_numFieldType.
Proof.
move=> x; have [n h] := naturals_unbounded (Rabs_pos x); exists n; rewrite natural_real.
exact/leP.
Qed.

(** ** At most three hidden indices, over the real numbers *)
Theorem classification_real m r n (S : support m r) (T : support r n) : (r <= 3)%N ->
  closed (@products R_numFieldType _ _ _ S T) <-> ~~ contains bad_images (pattern_of_supports (padded_left S) (padded_right T)).
Proof. exact: classification compact_reals. Qed.
