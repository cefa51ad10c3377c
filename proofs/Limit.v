(** * "Not closed": a curve of products with a limit that is no product

    A certificate holds a rational matrix [A], a curve of factors whose product
    tends to [A] as [t] tends to 0, and a refutation of the equations
    "product = A". The program [check] looks at it with integers only. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Polynomials Refutation.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

(** Polynomials in [t], coefficients from the lowest on. *)

Definition tpoly := seq Z.

Fixpoint tadd (p q : tpoly) : tpoly :=
  match p, q with
  | [::], _ => q | _, [::] => p | a :: p', b :: q' => Z.add a b :: tadd p' q' end.

Definition tmul (p q : tpoly) : tpoly :=
  foldr (fun c acc => tadd [seq Z.mul c b | b <- q] (Z0 :: acc)) [::] p.


(** The limit is [numerators / denominator]; the factors are
    [left_curve / (t ^ pole * scale)] and [right_curve]. *)
Record certificate := Certificate {
  denominator : Z;
  numerators : seq (seq Z);
  pole : nat;
  scale : Z;
  left_curve : seq (seq tpoly);
  right_curve : seq (seq tpoly);
  proof : refutation }.

Definition get T (d : T) (M : seq (seq T)) i j := nth d (nth [::] M i) j.

(** [s / (t ^ p * c)] tends to [z / d]. *)
Definition tends_to d p c (s : tpoly) z : bool :=
  all (fun a => Z.eqb a Z0) (take p s) && Z.eqb (Z.mul d (nth Z0 s p)) (Z.mul c z).

(** Supports as tables: [m x r] and [r x n] truth values. *)
Section Check.
Variables (real : bool) (m r n : nat) (I J : seq (seq bool)).

Definition curve_entry c i j : tpoly :=
  foldr (fun k acc => tadd (tmul (get [::] (left_curve c) i k) (get [::] (right_curve c) k j)) acc) [::] (iota 0 r).

Definition tends_to_target c i j : bool :=
  tends_to (denominator c) (pole c) (scale c) (curve_entry c i j) (get Z0 (numerators c) i j).

Definition within (T : Type) (z : T -> bool) (d : T) (S : seq (seq bool)) (M : seq (seq T)) a b : bool :=
  all (fun i => all (fun j => get false S i j || z (get d M i j)) (iota 0 b)) (iota 0 a).

Definition left_variable i k := (i * r + k)%N.

Definition right_variable k j := (m * r + (k * n + j))%N.

Definition equation c i j : zpoly :=
  (Z.opp (get Z0 (numerators c) i j), [::]) ::
  flatten [seq if get false I i k && get false J k j then [:: (denominator c, merge leq [:: left_variable i k] [:: right_variable k j])] else [::] | k <- iota 0 r].

Definition equations c : seq zpoly := [seq equation c i j | i <- iota 0 m, j <- iota 0 n].

Definition check (c : certificate) : bool :=
  [&& ~~ Z.eqb (denominator c) Z0, ~~ Z.eqb (scale c) Z0,
      within (@nilp Z) [::] I (left_curve c) m r, within (@nilp Z) [::] J (right_curve c) r n,
      all (fun i => all (fun j => tends_to_target c i j) (iota 0 n)) (iota 0 m)
    & refutes real (equations c) [::] (proof c)].
End Check.


Local Open Scope ring_scope.

(** What a table of truth values means. *)
Definition table {m n : nat} (S : seq (seq bool)) : support m n := fun i j => get false S i j.

Definition table_products (F : numFieldType) m n r (I J : seq (seq bool)) (A : 'M[F]_(m, n)) : Prop :=
  products (table I : support m r) (table J) A.

Section Curve.
Variable F : numFieldType.
Local Notation from_Z := (from_Z F).
Variable t : F.

Definition teval (p : tpoly) : F := foldr (fun c acc => from_Z c + t * acc) 0 p.

Lemma tevalD p q : teval (tadd p q) = teval p + teval q.
Proof.
elim: p q => [|a p IH] [|b q] //=; rewrite ?add0r ?addr0 //.
by rewrite from_ZD IH mulrDr addrACA.
Qed.

Lemma teval_scale c q : teval [seq Z.mul c b | b <- q] = from_Z c * teval q.
Proof. by elim: q => [|b q IH] /=; rewrite ?mulr0 // from_ZM IH mulrDr mulrCA. Qed.

Lemma tevalM p q : teval (tmul p q) = teval p * teval q.
Proof.
elim: p => [|c p IH]; first by rewrite /= mul0r.
rewrite /tmul /= tevalD teval_scale /= -/(tmul p q) IH from_Z0 add0r mulrDl.
by rewrite mulrA.
Qed.

Definition tbound (p : tpoly) : F := foldr (fun c acc => `|from_Z c| + acc) 0 p.

Lemma tbound_ge0 p : 0 <= tbound p.
Proof. by elim: p => //= c p IH; rewrite addr_ge0. Qed.

Hypotheses (t0 : 0 <= t) (t1 : t <= 1).

Lemma teval_bound p : `|teval p| <= tbound p.
Proof.
elim: p => [|c p IH] /=; first by rewrite normr0.
apply: le_trans (ler_norm_add _ _) _; rewrite ler_add2l normrM (ger0_norm t0).
by apply: le_trans (ler_wpmul2l t0 IH) _; rewrite ler_pimull // tbound_ge0.
Qed.

Lemma teval_shift e p : all (fun z => Z.eqb z Z0) (take e p) ->
  teval p = t ^+ e * (from_Z (nth Z0 p e) + t * teval (drop e.+1 p)).
Proof.
elim: e p => [|e IH] [|c p] //=.
- by move=> _; rewrite mulr0 addr0 mulr0 ?mul1r.
- by move=> _; rewrite drop0 expr0 mul1r.
- by move=> _; rewrite from_Z0 mulr0 addr0 mulr0.
by case/andP=> /Z.eqb_spec -> h; rewrite from_Z0 add0r (IH _ h) exprS mulrA.
Qed.
End Curve.

Lemma all_iota (a : nat) (P : nat -> bool) : all P (iota 0 a) -> forall i, (i < a)%N -> P i.
Proof. by move/allP => h i lt; apply: h; rewrite mem_iota. Qed.

(** ** Curves with polynomials as entries *)
Section Tending.
Variable F : numFieldType.
Local Notation from_Z := (from_Z F).
Variables (m n : nat) (P : 'M[F]_(m, n) -> Prop) (d c : Z) (p : nat) (s : nat -> nat -> tpoly) (z : nat -> nat -> Z).
Hypotheses (d0 : from_Z d != 0) (c0 : from_Z c != 0).
Hypothesis entries_tend : forall (i : 'I_m) (j : 'I_n), tends_to d p c (s i j) (z i j).

Definition limit_of_entries : 'M[F]_(m, n) := \matrix_(i, j) (from_Z (z i j) / from_Z d).
Definition at_time t : 'M[F]_(m, n) := \matrix_(i, j) (teval t (s i j) / (t ^+ p * from_Z c)).

Hypothesis on_curve : forall t, P (at_time t).

Definition rest i j := drop p.+1 (s i j).

Lemma distance (t : F) (i : 'I_m) (j : 'I_n) : t != 0 ->
  limit_of_entries i j - at_time t i j = - (t * teval t (rest i j) / from_Z c).
Proof.
move=> t0; rewrite !mxE; have /andP[/(teval_shift t) e1 /Z.eqb_spec e2] := entries_tend i j.
have e3 : from_Z d * from_Z (nth Z0 (s i j) p) = from_Z c * from_Z (z i j) by rewrite -!from_ZM e2.
have tn : t ^+ p != 0 by rewrite expf_neq0.
rewrite e1 -/(rest i j) -mulf_div divff // mul1r mulrDl opprD addrA.
have -> : from_Z (nth Z0 (s i j) p) / from_Z c = from_Z (z i j) / from_Z d.
  by apply/eqP; rewrite eqr_div // mulrC e3 mulrC.
by rewrite subrr sub0r.
Qed.

Definition M : F := \sum_(i < m) \sum_(j < n) tbound F (rest i j) / `|from_Z c|.

Lemma summand_ge0 i j : 0 <= tbound F (rest i j) / `|from_Z c|.
Proof. by rewrite divr_ge0 ?tbound_ge0. Qed.

Lemma M_ge (i : 'I_m) (j : 'I_n) : tbound F (rest i j) / `|from_Z c| <= M.
Proof.
rewrite /M (bigD1 i) //= (bigD1 j) //= -!addrA ler_addl addr_ge0 ?sumr_ge0 // => [j' _|i' _].
  exact: summand_ge0.
by rewrite sumr_ge0 // => j' _; apply: summand_ge0.
Qed.

Lemma M_ge0 : 0 <= M.
Proof. by rewrite /M !sumr_ge0 // => i _; rewrite sumr_ge0 // => j _; apply: summand_ge0. Qed.

Theorem entries_limit : limit_point P limit_of_entries.
Proof.
move=> eps e0; have [t [tp t1 tM]] : exists t : F, [/\ 0 < t, t <= 1 & t * M < eps].
  have s0 : 0 < eps + M + 1 by rewrite -addrA addr_gt0 ?ltr_paddl ?M_ge0 ?ltr01.
  exists (eps / (eps + M + 1)); split; first by rewrite divr_gt0.
    by rewrite ler_pdivr_mulr // mul1r -addrA ler_addl addr_ge0 ?M_ge0 ?ler01.
  rewrite mulrAC ltr_pdivr_mulr // ltr_pmul2l //.
  by rewrite addrAC ltr_addr addr_gt0 ?ltr01.
exists (at_time t) => // i j; rewrite distance ?gt_eqF // normrN !normrM normfV (gtr0_norm tp) -mulrA.
apply: le_lt_trans tM; rewrite ler_pmul2l //; apply: le_trans (M_ge i j).
by rewrite ler_wpmul2r ?invr_ge0 // teval_bound // ltW.
Qed.
End Tending.

Section Main.
Variable F : numFieldType.
Local Notation from_Z := (from_Z F).
Variables (real : bool) (m r n : nat) (I J : seq (seq bool)) (c : certificate).
Hypothesis sq_ge0 : real -> forall x : F, 0 <= x * x.
Hypothesis ok : check real m r n I J c.

Lemma okE : [/\ from_Z (denominator c) != 0, from_Z (scale c) != 0 & refutes real (equations m r n I J c) [::] (proof c)].
Proof. by case/and5P: ok => a b _ _ /andP[_ d]; split=> //; apply: from_Z_neq0. Qed.

Lemma withinP T z (d : T) S M a b : within z d S M a b ->
  forall i j, (i < a)%N -> (j < b)%N -> ~~ get false S i j -> z (get d M i j).
Proof. by move=> h i j li lj /negbTE ns; move/all_iota: h => /(_ i li) /all_iota /(_ j lj); rewrite ns. Qed.

Lemma okI i k : (i < m)%N -> (k < r)%N -> ~~ get false I i k -> get [::] (left_curve c) i k = [::].
Proof. by case/and5P: ok => _ _ h _ _ li lk ns; apply/nilP; apply: (withinP h). Qed.

Lemma okJ k j : (k < r)%N -> (j < n)%N -> ~~ get false J k j -> get [::] (right_curve c) k j = [::].
Proof. by case/and5P: ok => _ _ _ h _ lk lj ns; apply/nilP; apply: (withinP h). Qed.

Lemma ok_entry i j : (i < m)%N -> (j < n)%N -> tends_to_target r c i j.
Proof. by case/and5P: ok => _ _ _ _ /andP[h _] li lj; move/all_iota: h => /(_ i li) /all_iota /(_ j lj). Qed.

Definition target : 'M[F]_(m, n) := \matrix_(i, j) (from_Z (get Z0 (numerators c) i j) / from_Z (denominator c)).

Definition X (t : F) : 'M[F]_(m, r) := \matrix_(i, k) (teval t (get [::] (left_curve c) i k) / (t ^+ pole c * from_Z (scale c))).

Definition Y (t : F) : 'M[F]_(r, n) := \matrix_(k, j) teval t (get [::] (right_curve c) k j).

Lemma inP_curve (t : F) : table_products r I J (X t *m Y t).
Proof.
exists (X t), (Y t); split=> // [i k|k j] ns; rewrite !mxE.
  by rewrite (okI (ltn_ord i) (ltn_ord k) ns) /= mul0r.
by rewrite (okJ (ltn_ord k) (ltn_ord j) ns).
Qed.

Lemma curve_entryE (t : F) i j : teval t (curve_entry r c i j) =
  \sum_(k < r) teval t (get [::] (left_curve c) i k) * teval t (get [::] (right_curve c) k j).
Proof.
rewrite /curve_entry -(big_mkord xpredT (fun k => teval t (get [::] (left_curve c) i k) * teval t (get [::] (right_curve c) k j))).
rewrite /index_iota subn0; elim: (iota 0 r) => [|k s IH] /=; first by rewrite big_nil.
by rewrite big_cons tevalD tevalM IH.
Qed.

Lemma limit : limit_point (@table_products F m n r I J) target.
Proof.
have [D0 C0 _] := okE.
apply: (entries_limit D0 C0 (p := pole c) (s := curve_entry r c)) => [i j|t]; first exact: ok_entry.
suff -> : at_time m n (scale c) (pole c) (curve_entry r c) t = X t *m Y t by apply: inP_curve.
apply/matrixP => i j; rewrite !mxE curve_entryE mulr_suml; apply: eq_bigr => k _; rewrite !mxE.
by rewrite mulrAC.
Qed.

Lemma no_product : ~ table_products r I J target.
Proof.
case=> X0 [Y0 [hX hY e]]; have [D0 _ ref] := okE.
pose env v : F := if (v < m * r)%N then
   (if insub (v %/ r)%N is Some i then if insub (v %% r)%N is Some k then X0 i k else 0 else 0)
   else (if insub ((v - m * r) %/ n)%N is Some k then if insub ((v - m * r) %% n)%N is Some j then Y0 k j else 0 else 0).
have envx (i : 'I_m) (k : 'I_r) : env (left_variable r i k) = X0 i k.
  have r0 : (0 < r)%N by case: r k => [[]|].
  rewrite /env /left_variable; have -> : (i * r + k < m * r)%N.
    by apply: leq_trans (_ : i.+1 * r <= _)%N; rewrite ?leq_mul2r ?ltn_ord ?orbT // mulSn addnC ltn_add2r.
  rewrite divnMDl // divn_small // addn0 modnMDl modn_small // !insubT //=.
  by move=> h1 h2; congr (X0 _ _); apply: val_inj.
have envy (k : 'I_r) (j : 'I_n) : env (right_variable m r n k j) = Y0 k j.
  have n0 : (0 < n)%N by case: n j => [[]|].
  rewrite /env /right_variable ltnNge leq_addr /= addKn divnMDl // divn_small // addn0 modnMDl modn_small // !insubT //=.
  by move=> h1 h2; congr (Y0 _ _); apply: val_inj.
apply: (@refutes_sound F env real sq_ge0 _ _ _ ref) => // f /allpairsP[[i j] /= [hi hj ->]].
move: hi hj; rewrite !mem_iota !add0n => /andP[_ li] /andP[_ lj].
rewrite /equation /eval big_cons /= -/(eval env _) from_ZN /eval_monomial big_nil mulr1.
have := congr1 (fun A : 'M_(m, n) => A (Ordinal li) (Ordinal lj)) e; rewrite !mxE /= => e2.
apply/eqP; rewrite addrC subr_eq0; apply/eqP.
transitivity (from_Z (denominator c) * \sum_k X0 (Ordinal li) k * Y0 k (Ordinal lj)); last by rewrite -e2 mulrCA divff // mulr1.
rewrite mulr_sumr.
pose g k : F := eval env (if get false I i k && get false J k j then [:: (denominator c, merge leq [:: left_variable r i k] [:: right_variable m r n k j])] else [::]).
transitivity (\sum_(k < r) g k); last first.
  apply: eq_bigr => k _; rewrite /g; case: ifP => [_|/negbT].
    rewrite /eval big_seq1 /= -/(merge leq [:: left_variable r i k] [:: right_variable m r n k j]) eval_merge /eval_monomial !big_seq1.
    by rewrite -(envx (Ordinal li) k) -(envy k (Ordinal lj)).
  rewrite negb_and => /orP[ns|ns]; rewrite /eval big_nil.
    by rewrite (hX (Ordinal li) k ns) mul0r mulr0.
  by rewrite (hY k (Ordinal lj) ns) !mulr0.
rewrite -(big_mkord xpredT g) /index_iota subn0; elim: (iota 0 r) => [|k s IH] /=; first by rewrite /eval !big_nil.
by rewrite big_cons -IH eval_cat.
Qed.

Theorem not_closed : ~ closed (@table_products F m n r I J).
Proof. by move=> h; apply: no_product; apply: h; apply: limit. Qed.
End Main.


(** Without squares a certificate counts over every field; with squares over
    ordered ones, such as the real numbers. *)
Theorem not_closed_any (F : numFieldType) m r n I J c :
  check false m r n I J c -> ~ closed (@table_products F m n r I J).
Proof. by apply: not_closed. Qed.

Theorem not_closed_real (F : realFieldType) m r n I J c :
  check true m r n I J c -> ~ closed (@table_products F m n r I J).
Proof. by apply: not_closed => _ x; rewrite -expr2 sqr_ge0. Qed.
