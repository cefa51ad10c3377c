(** * The complex numbers

    Pairs of Coq's real numbers: a [numFieldType], and bounded families have
    cluster points. The axioms are those of [RealNumbers.v]. *)

From Coq Require Import Reals Lra Rgeom.
From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Compactness Regular Patterns Classification Tables Three RealNumbers.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope R_scope.

Record complex := Complex { re : R; im : R }.

(** ** A field *)
Definition as_pair (z : complex) : R * R := (re z, im z).
Definition of_pair (p : R * R) := Complex p.1 p.2.

Lemma as_pairK : cancel as_pair of_pair. Proof. by case. Qed.

Canonical complex_eqType := Eval hnf in EqType complex (CanEqMixin as_pairK).
Canonical complex_choiceType := Eval hnf in ChoiceType complex (CanChoiceMixin as_pairK).

Definition zero := Complex 0 0.
Definition one := Complex 1 0.
Definition opposite z := Complex (- re z) (- im z).
Definition plus z w := Complex (re z + re w) (im z + im w).
Definition times z w := Complex (re z * re w - im z * im w) (re z * im w + im z * re w).
Definition square_norm z := re z * re z + im z * im z.
Definition inverse z := Complex (re z / square_norm z) (- im z / square_norm z).

Ltac parts := rewrite /plus /times /opposite /zero /one /=; congr Complex.

Lemma plusA : associative plus. Proof. by move=> z w u; parts; ring. Qed.
Lemma plusC : commutative plus. Proof. by move=> z w; parts; ring. Qed.
Lemma plus0 : left_id zero plus. Proof. by case=> a b; parts; ring. Qed.
Lemma plusN : left_inverse zero opposite plus. Proof. by move=> z; parts; ring. Qed.

Canonical complex_zmodType := Eval hnf in ZmodType complex (ZmodMixin plusA plusC plus0 plusN).

Lemma timesA : associative times. Proof. by move=> z w u; parts; ring. Qed.
Lemma timesC : commutative times. Proof. by move=> z w; parts; ring. Qed.
Lemma times1 : left_id one times. Proof. by case=> a b; parts; ring. Qed.
Lemma timesD : left_distributive times plus. Proof. by move=> z w u; parts; ring. Qed.
Lemma one_neq_zero : one != zero. Proof. by apply/eqP => -[/R1_neq_R0]. Qed.

Canonical complex_ringType := Eval hnf in RingType complex (ComRingMixin timesA timesC times1 timesD one_neq_zero).
Canonical complex_comRingType := Eval hnf in ComRingType complex timesC.

Lemma square_norm_ge0 z : 0 <= square_norm z.
Proof. rewrite /square_norm; nra. Qed.

Lemma square_norm_eq0 z : square_norm z = 0 -> z = zero.
Proof.
case: z => a b; rewrite /square_norm /= => e; have a0 : a = 0 by nra.
by rewrite /zero a0; congr Complex; nra.
Qed.

Lemma inverse_left z : z != zero -> times (inverse z) z = one.
Proof.
move/eqP=> ne; have n0 : square_norm z <> 0 by move/square_norm_eq0.
by rewrite /times /inverse /one /=; congr Complex; rewrite /square_norm in n0 *; field.
Qed.

Lemma inverse0 : inverse zero = zero.
Proof. by rewrite /inverse /zero /=; congr Complex; rewrite /Rdiv ?Ropp_0 Rmult_0_l. Qed.

Canonical complex_unitRingType := Eval hnf in UnitRingType complex (FieldUnitMixin inverse_left inverse0).
Canonical complex_comUnitRingType := Eval hnf in [comUnitRingType of complex].

Lemma complex_field : GRing.Field.mixin_of complex_unitRingType. Proof. exact: FieldMixin. Qed.

Canonical complex_idomainType := Eval hnf in IdomainType complex (FieldIdomainMixin complex_field).
Canonical complex_fieldType := Eval hnf in FieldType complex complex_field.

(** ** The absolute value; the order is that of real differences *)
Definition modulus z := sqrt (square_norm z).
Definition norm z := Complex (modulus z) 0.
Definition leq_complex z w : bool := norm (plus w (opposite z)) == plus w (opposite z).
Definition lt_complex z w : bool := (w != z) && leq_complex z w.

Lemma modulus_ge0 z : 0 <= modulus z. Proof. exact: sqrt_pos. Qed.

Lemma modulus_real a : 0 <= a -> modulus (Complex a 0) = a.
Proof. by move=> a0; rewrite /modulus /square_norm /= Rmult_0_l Rplus_0_r sqrt_square. Qed.

Lemma leq_complexP z w : reflect (re z <= re w /\ im z = im w) (leq_complex z w).
Proof.
apply: (iffP eqP) => [[e1 e2]|[le e]].
  by have := modulus_ge0 (plus w (opposite z)); rewrite e1 /=; split; lra.
case: z w le e => [a b] [c d] /= le ->; rewrite /plus /opposite /= Rplus_opp_r /norm modulus_real //; lra.
Qed.

Lemma lt_complexP z w : reflect (re z < re w /\ im z = im w) (lt_complex z w).
Proof.
apply: (iffP andP) => [[/eqP ne /leq_complexP[le e]]|[lt e]].
  split=> //; case: (Req_dec (re z) (re w)) => [e'|]; last by lra.
  by case: ne; case: z w e e' {le} => [a b] [c d] /= -> ->.
by split; [apply/eqP => e'; rewrite e' in lt; lra | apply/leq_complexP; split=> //; lra].
Qed.

Lemma modulusD z w : modulus (plus z w) <= modulus z + modulus w.
Proof.
have := triangle 0 0 (re z + re w) (im z + im w) (re z) (im z); rewrite /dist_euc /modulus /square_norm /= /Rsqr.
have -> : (0 - (re z + re w)) * (0 - (re z + re w)) + (0 - (im z + im w)) * (0 - (im z + im w))
  = (re z + re w) * (re z + re w) + (im z + im w) * (im z + im w) by ring.
have -> : (0 - re z) * (0 - re z) + (0 - im z) * (0 - im z) = re z * re z + im z * im z by ring.
have -> : (re z - (re z + re w)) * (re z - (re z + re w)) + (im z - (im z + im w)) * (im z - (im z + im w))
  = re w * re w + im w * im w by ring.
by [].
Qed.

Lemma complex_normD z w : leq_complex (norm (plus z w)) (plus (norm z) (norm w)).
Proof. by apply/leq_complexP; split=> /=; [exact: modulusD | lra]. Qed.

Lemma complex_addr_gt0 z w : lt_complex zero z -> lt_complex zero w -> lt_complex zero (plus z w).
Proof. by move=> /lt_complexP[/= a b] /lt_complexP[/= c d]; apply/lt_complexP; split=> /=; lra. Qed.

Lemma complex_norm_eq0 z : norm z = zero -> z = zero.
Proof. by case=> e; apply: square_norm_eq0; apply: sqrt_eq_0 => //; apply: square_norm_ge0. Qed.

Lemma complex_total z w : leq_complex zero z -> leq_complex zero w -> leq_complex z w || leq_complex w z.
Proof.
move=> /leq_complexP[_ /= e] /leq_complexP[_ /= e']; apply/orP.
by case: (Rle_dec (re z) (re w)) => h; [left | right]; apply/leq_complexP; split; lra.
Qed.

Lemma complex_normM : {morph norm : z w / times z w}.
Proof.
move=> z w; rewrite /norm /times /=; congr Complex; last by ring.
rewrite Rmult_0_l Rminus_0_r /modulus -sqrt_mult ?square_norm_ge0 //; try exact: square_norm_ge0.
by congr sqrt; rewrite /square_norm /=; ring.
Qed.

Definition complex_numMixin := @NumMixin complex_idomainType leq_complex lt_complex norm complex_normD complex_addr_gt0
  complex_norm_eq0 complex_total complex_normM (fun _ _ => erefl) (fun _ _ => erefl).
Canonical complex_porderType := POrderType ring_display complex complex_numMixin.
Canonical complex_numDomainType := NumDomainType complex complex_numMixin.
Canonical complex_normedZmodType := NormedZmodType complex complex complex_numMixin.
Canonical complex_numFieldType := Eval hnf in [numFieldType of complex].

(** ** Bounded families have cluster points: first the real parts, then the imaginary parts *)
Lemma part_bound z : Rabs (re z) <= modulus z /\ Rabs (im z) <= modulus z.
Proof.
have n := square_norm_ge0 z; have := modulus_ge0 z; have : modulus z * modulus z = square_norm z by apply: sqrt_sqrt.
rewrite /square_norm => e m; split; apply: Rabs_le; nra.
Qed.

Lemma modulus_parts z : modulus z <= Rabs (re z) + Rabs (im z).
Proof.
have := modulusD (Complex (re z) 0) (Complex 0 (im z)); rewrite /plus /= Rplus_0_r Rplus_0_l.
have -> : Complex (re z) (im z) = z by case: z.
have real a : modulus (Complex a 0) = Rabs a by rewrite /modulus /square_norm /= Rmult_0_l Rplus_0_r -/(Rsqr a) sqrt_Rsqr_abs.
have imaginary a : modulus (Complex 0 a) = Rabs a by rewrite /modulus /square_norm /= Rmult_0_l Rplus_0_l -/(Rsqr a) sqrt_Rsqr_abs.
by rewrite real imaginary.
Qed.

(** A positive complex number is a positive real number. *)
Lemma complex_gt0 (e : complex_numFieldType) : reflect (exists2 a, 0 < a & e = Complex a 0) (0 < e)%R.
Proof.
apply: (iffP (lt_complexP _ _)) => /= [[lt im0]|[a a0 ->]] //.
by exists (re e) => //; rewrite im0; case: (e).
Qed.

Theorem compact_complex : compact complex_numFieldType.
Proof.
move=> M Q shrink bounded.
have real_M z : (`|z| <= M :> complex_numFieldType)%R -> modulus z <= re M by case/leq_complexP.
have shrink_real (d e : R) z : 0 < d -> d <= e -> Q (Complex d 0) z -> Q (Complex e 0) z.
  by move=> d0 de; apply: shrink; [apply/complex_gt0; exists d | apply/leq_complexP].
have [c hc] : exists c : R_numFieldType, forall eps, (0 < eps)%R -> exists2 x : R_numFieldType,
    (exists2 z, Q (Complex eps 0) z /\ modulus z <= re M & re z = x) & (`|c - x| < eps)%R.
  apply: (compact_reals (M := re M)) => [d e x /ltP d0 /leP de [z [Qz le] <-]|eps /ltP eps0].
    by exists z => //; split=> //; apply: shrink_real Qz.
  have [z Qz /real_M le] := bounded (Complex eps 0) (introT (complex_gt0 _) (ex_intro2 _ _ eps eps0 erefl)).
  exists (re z); first by exists z.
  by apply/leP; apply: Rle_trans (proj1 (part_bound z)) le.
have [c' hc'] : exists c' : R_numFieldType, forall eps, (0 < eps)%R -> exists2 x : R_numFieldType,
    (exists2 z, Q (Complex eps 0) z /\ Rabs (c - re z) < eps & im z = x) & (`|c' - x| < eps)%R.
  apply: (compact_reals (M := re M)) => [d e x /ltP d0 /leP de [z [Qz near] <-]|eps eps0].
    by exists z => //; split; [apply: shrink_real Qz | apply: Rlt_le_trans near de].
  have [x [z [Qz le] <-] /ltP near] := hc _ eps0.
  exists (im z); first by exists z.
  by apply/leP; apply: Rle_trans (proj2 (part_bound z)) le.
exists (Complex c c') => eps /complex_gt0[a a0 ->].
have half0 : 0 < a / 2 by lra.
have [x [z [Qz near] <-] /ltP near'] := hc' _ (introT (ltP _ _) half0).
exists z; first by apply: shrink_real Qz; lra.
apply/lt_complexP; split=> //=; change (modulus (plus (Complex c c') (opposite z)) < a).
apply: Rle_lt_trans (modulus_parts _) _; rewrite /=.
change (Rabs (c' - im z) < a / 2) in near'; change (Rabs (c - re z) < a / 2) in near.
rewrite -/(Rminus c (re z)) -/(Rminus c' (im z)); lra.
Qed.

Lemma natural_complex n : (n%:R : complex_numFieldType)%R = Complex (INR n) 0.
Proof.
elim: n => [|n IH] //; rewrite -addn1 GRing.natrD IH plus_INR.
by rewrite -[RHS]/(Complex (INR n + 1) 0) -[in RHS](Rplus_0_r 0).
Qed.

Theorem archimedean_complex : archimedean complex_numFieldType.
Proof.
move=> z; have [n h] := naturals_unbounded (modulus_ge0 z); exists n; rewrite natural_complex.
by apply/leq_complexP.
Qed.

(** ** At most three hidden indices, over the complex numbers *)
Theorem classification_complex m r n (S : support m r) (T : support r n) : (r <= 3)%N ->
  closed (@products complex_numFieldType _ _ _ S T) <->
  ~~ contains bad_images (pattern_of_supports (padded_left S) (padded_right T)).
Proof. exact: classification compact_complex. Qed.
