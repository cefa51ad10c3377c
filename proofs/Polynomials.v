(** * Polynomials that a program can compute with

    Integer polynomials as lists of terms. Variables are numbers; a monomial is
    the sorted list of its variables, each as often as its exponent says. What
    is proved is that evaluation in a field of characteristic zero respects
    the operations, so a list that normalises to nothing evaluates to zero
    everywhere. Nothing is claimed of polynomials that do not. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.


Definition monomial := seq nat.                       (* variables with multiplicity *)

Definition zpoly := seq (Z * monomial).

Definition zmul (p q : zpoly) : zpoly := [seq (Z.mul a.1 b.1, merge leq a.2 b.2) | a <- p, b <- q].

Definition zscale (c : Z) (p : zpoly) : zpoly := [seq (Z.mul c a.1, a.2) | a <- p].

Fixpoint insert_term (t : Z * monomial) (p : zpoly) : zpoly :=
  if p is u :: p' then if t.2 == u.2 then (Z.add t.1 u.1, u.2) :: p' else u :: insert_term t p' else [:: t].

Definition normal_form (p : zpoly) : zpoly := foldr insert_term [::] p.

Definition is_zero (p : zpoly) : bool := all (fun t => Z.eqb t.1 Z0) (normal_form p).

Definition zone : zpoly := [:: ((Zpos xH), [::])].


Local Open Scope ring_scope.

Section Evaluation.
Variable F : numFieldType.

(** The integers of the field. *)
Definition from_Z (z : Z) : F := (int_of_Z z)%:~R.

Lemma from_Z0 : from_Z Z0 = 0. Proof. by []. Qed.

Lemma from_ZD a b : from_Z (Z.add a b) = from_Z a + from_Z b. Proof. by rewrite /from_Z (rmorphD ZInstances.int_of_Z_rmorphism) rmorphD. Qed.

Lemma from_ZM a b : from_Z (Z.mul a b) = from_Z a * from_Z b. Proof. by rewrite /from_Z (rmorphM ZInstances.int_of_Z_rmorphism) rmorphM. Qed.

Lemma from_ZN a : from_Z (Z.opp a) = - from_Z a. Proof. by rewrite /from_Z (rmorphN ZInstances.int_of_Z_rmorphism) rmorphN. Qed.

Lemma from_Z1 : from_Z (Zpos xH) = 1. Proof. by []. Qed.

Lemma from_Z_neq0 a : ~~ Z.eqb a Z0 -> from_Z a != 0.
Proof.
move=> h; rewrite /from_Z intr_eq0; apply/negP => /eqP e; case/negP: h; apply/Z.eqb_spec.
by rewrite -(int_of_ZK a) e.
Qed.

(** Values of the variables. *)

Variable env : nat -> F.

Definition eval_monomial (s : monomial) : F := \prod_(v <- s) env v.

Definition eval (p : zpoly) : F := \sum_(t <- p) from_Z t.1 * eval_monomial t.2.

Lemma eval_cat p q : eval (p ++ q) = eval p + eval q. Proof. exact: big_cat. Qed.

Lemma eval_merge s t : eval_monomial (merge leq s t) = eval_monomial s * eval_monomial t.
Proof. by rewrite /eval_monomial (perm_big _ (permEl (perm_merge leq s t))) big_cat. Qed.

Lemma eval_mul p q : eval (zmul p q) = eval p * eval q.
Proof.
rewrite /eval /zmul big_allpairs_dep mulr_suml; apply: eq_bigr => a _ /=.
rewrite mulr_sumr; apply: eq_bigr => b _ /=.
by rewrite from_ZM eval_merge mulrACA.
Qed.

Lemma eval_scale c p : eval (zscale c p) = from_Z c * eval p.
Proof. by rewrite /eval /zscale big_map mulr_sumr; apply: eq_bigr => a _; rewrite from_ZM mulrA. Qed.

Lemma eval_one : eval zone = 1.
Proof. by rewrite /eval /zone big_seq1 from_Z1 /eval_monomial big_nil mulr1. Qed.

Lemma eval_insert t p : eval (insert_term t p) = from_Z t.1 * eval_monomial t.2 + eval p.
Proof.
elim: p => [|u p IH] /=; first by rewrite /eval big_seq1 big_nil addr0.
case: eqP => [e|_]; rewrite /eval !big_cons /=; first by rewrite from_ZD mulrDl e addrA.
by rewrite -/(eval _) IH addrCA.
Qed.

Lemma eval_normal_form p : eval (normal_form p) = eval p.
Proof. by elim: p => //= t p IH; rewrite eval_insert IH /eval big_cons. Qed.

Lemma is_zeroP p : is_zero p -> eval p = 0.
Proof.
rewrite /is_zero -(eval_normal_form p); elim: (normal_form p) => [|t q IH] /=; first by rewrite /eval big_nil.
by case/andP=> /Z.eqb_spec e /IH; rewrite /eval big_cons e from_Z0 mul0r add0r.
Qed.


End Evaluation.
