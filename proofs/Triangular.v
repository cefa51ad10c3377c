(** * Rule [triangular]: every matrix is lower times upper times lower

    Not every matrix is [L *m U]: the first entry of [[0, 1; 1, 0]] is in the
    way. But one more triangular factor helps, and for every matrix, invertible
    or not. Elimination by columns, adding earlier ones to later ones, makes
    [B] lower triangular as soon as, for each [k], the first [k] entries of
    all columns depend linearly on those of the first [k] columns. Multiply an
    arbitrary [A] by a generic lower triangular matrix [M] from the right: the
    first [k] columns of [A *m M] are generic combinations of all columns of
    [A], and [k] generic combinations of vectors with [k] entries span as much
    as all of them. So [A *m M = L *m U], and [M] goes to the other side. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Chains Generic.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Definition lower n : support n n := fun i j => (j <= i)%N.
Definition upper n : support n n := fun i j => (i <= j)%N.

Section Triangular.
Variable F : numFieldType.

(** ** Ones on the diagonal: the inverse is triangular, too *)
Lemma unipotent_inverse n (U : 'M[F]_n) : respects (@upper n) U -> (forall i, U i i = 1) ->
  exists2 V, respects (@upper n) V & U *m V = 1%:M.
Proof.
case: n U => [|n] U hU one; first by exists 0 => [[]|] //; apply/matrixP => -[].
pose C := 1 - U; have C0 (i j : 'I_n.+1) : (j <= i)%N -> C i j = 0.
  rewrite leq_eqVlt => /orP[/eqP/val_inj->|lt]; first by rewrite !mxE eqxx one subrr.
  by rewrite !mxE hU ?subr0 -?ltnNge // -val_eqE gtn_eqF.
have Ck k (i j : 'I_n.+1) : (j < i + k)%N -> (C ^+ k) i j = 0.
  elim: k i j => [|k IH] i j; first by rewrite addn0 expr0 mxE -val_eqE => /gtn_eqF->.
  move=> lt; rewrite exprS mxE big1 // => l _; have [/C0->|il] := leqP l i; first by rewrite mul0r.
  by rewrite IH ?mulr0 // (leq_trans lt) // addnS -addSn leq_add2r.
exists (\sum_(k < n.+1) C ^+ k) => [i j|].
  rewrite -ltnNge => lt; rewrite summxE big1 // => k _; apply: Ck; exact: leq_trans (leq_addr _ _).
have := subrX1 C n.+1; rewrite (_ : C ^+ n.+1 = 0); last first.
  by apply/matrixP => i j; rewrite Ck ?mxE // (leq_trans (ltn_ord j)) ?leq_addl.
rewrite sub0r (_ : C - 1 = - U) ?mulNr; last by rewrite /C addrAC subrr sub0r.
by move/oppr_inj/esym.
Qed.

(** ** Elimination by columns *)

(** The first [k] ones of the diagonal. *)
Definition corner n (k : nat) : 'M[F]_n := pid_mx k.

Lemma corner_left n m k (C : 'M[F]_(n, m)) i j : (corner n k *m C) i j = if (i < k)%N then C i j else 0.
Proof.
rewrite mxE (bigD1 i) //= mxE eqxx big1 ?addr0 => [|a ne].
  by case: ifP; rewrite ?mul1r ?mul0r.
by rewrite mxE eq_sym val_eqE (negbTE ne) mul0r.
Qed.

Lemma corner_right n m k (C : 'M[F]_(m, n)) i j : (C *m corner n k) i j = if (j < k)%N then C i j else 0.
Proof.
rewrite mxE (bigD1 j) //= mxE eqxx big1 ?addr0 => [|a ne].
  by case: ifP; rewrite ?mulr1 ?mulr0.
by rewrite mxE val_eqE (negbTE ne) mulr0.
Qed.

Lemma lower_upper n (B : 'M[F]_n) :
  (forall k, (k < n)%N -> exists D, corner n k *m B = corner n k *m B *m corner n k *m D) ->
  exists L U, [/\ respects (@lower n) L, respects (@upper n) U & B = L *m U].
Proof.
move=> dep.
have [D hD] : exists D : 'I_n -> 'M[F]_n, forall j : 'I_n, corner n j *m B = corner n j *m B *m corner n j *m D j.
  apply: (@fin_all_exists _ _ (fun (j : 'I_n) D => corner n j *m B = corner n j *m B *m corner n j *m D)) => j.
  exact: dep.
pose c (l j : 'I_n) : F := (corner n j *m D j) l j.
have c0 (l j : 'I_n) : (j <= l)%N -> c l j = 0 by move=> le; rewrite /c corner_left ltnNge le.
pose Cm : 'M[F]_n := \matrix_(l, j) c l j; pose U := 1%:M - Cm.
have UE l j : U l j = (l == j)%:R - c l j by rewrite !mxE.
have [l j|j|V hV UV] := @unipotent_inverse n U.
- by rewrite -ltnNge => lt; rewrite UE -val_eqE gtn_eqF // c0 ?subr0 // ltnW.
- by rewrite UE eqxx c0 ?subr0.
exists (B *m U), V; split=> //; last by rewrite -mulmxA UV mulmx1.
move=> i j; rewrite -ltnNge => lt.
have := congr1 (fun C : 'M_n => C i j) (hD j); rewrite -!mulmxA !corner_left lt => e.
rewrite mulmxBr mulmx1 mxE e [in X in _ + X]mxE; apply/eqP; rewrite subr_eq0; apply/eqP; rewrite !mxE.
by apply: eq_bigr => l _; rewrite [Cm _ _]mxE.
Qed.

(** ** The generic multiplier *)
Definition unit_lower n (M : 'M[F]_n) : Prop := respects (@lower n) M /\ forall i, M i i = 1.

Lemma unit_lower_flat n : flat (@unit_lower n).
Proof.
move=> u v t [hu u1] [hv v1]; split; first exact: respects_flat.
by move=> i; rewrite !mxE u1 v1 subrr mulr0 addr0.
Qed.

Lemma corner_idem n k : corner n k *m corner n k = corner n k.
Proof. by apply/matrixP => i j; rewrite corner_left; case: ifP => // ik; rewrite mxE ik andbF. Qed.

(** [k] generic combinations of the columns of [R], which has at most [k] rows, span all of them. *)
Lemma combinations n k d (R : 'M[F]_(d, n)) : row_free R -> (d <= k)%N -> (k <= n)%N ->
  exists M, unit_lower M /\ exists Q, R *m M *m corner n k *m Q = 1%:M.
Proof.
move=> /row_freeP[R' RR] dk kn; set E := corner n k.
pose block (N : 'M[F]_n) := E *m N *m E + (1%:M - E).
have [||b _|b _|N _ nz] := @common_point F _ (fun _ : 'M[F]_n => True) _ [:: true; false]
  (fun b N => if b then \det (R *m N *m (E *m (pid_mx d : 'M_(n, d)))) else \det (block N)) 0.
- by [].
- by [].
- case: b; first by apply: (det_affine_on_lines (psi := fun N => R *m N *m (E *m (pid_mx d : 'M_(n, d))))) => u v t;
    rewrite mulmxDr mulmxDl -scalemxAr -scalemxAl.
  apply: (det_affine_on_lines (psi := fun N => E *m N *m E)) => u v t.
  by rewrite /block mulmxDr mulmxDl -scalemxAr -scalemxAl addrAC.
- case: b; last first.
    by exists 1%:M => //; rewrite /block mulmx1 corner_idem addrC subrK det1 oner_eq0.
  exists (R' *m (pid_mx d : 'M_(d, n))) => //.
  rewrite !mulmxA RR mul1mx -mulmxA (_ : _ *m _ = 1%:M) ?det1 ?oner_eq0 //.
  apply/matrixP => i j; rewrite mxE (bigD1 (widen_ord (leq_trans dk kn) i)) //= corner_left /=.
  rewrite (leq_trans (ltn_ord i) dk) !mxE /= eqxx ltn_ord mul1r big1 ?addr0 ?andbT // => a ne.
  by rewrite mxE; case: eqP => [e|]; rewrite ?mul0r //; case/eqP: ne; apply: val_inj.
have := nz true (mem_head _ _); have /= := nz false isT.
set H := block N => H0 f0.
have Hu : H \in unitmx by rewrite unitmxE unitfE.
pose W := invmx H.
have EH : E *m H = E *m N *m E.
  by rewrite /H /block mulmxDr !mulmxA corner_idem mulmxBr mulmx1 corner_idem subrr addr0.
have HE : H *m E = E *m N *m E.
  by rewrite /H /block mulmxDl -!mulmxA corner_idem mulmxBl mul1mx corner_idem subrr addr0.
have EW : E *m W = W *m E.
  by rewrite -[LHS]mul1mx -(mulVmx Hu) -mulmxA [H *m _]mulmxA HE -EH -!mulmxA mulmxV // mulmx1.
pose M : 'M[F]_n := 1%:M + (1%:M - E) *m (N *m W) *m E.
have ME : M *m E = N *m E *m W.
  rewrite /M mulmxDl mul1mx -!mulmxA corner_idem mulmxBl mul1mx.
  have -> : E *m (N *m (W *m E)) = E.
    by rewrite -EW !mulmxA -EH -mulmxA mulmxV // mulmx1.
  by rewrite addrC subrK -EW.
have entry i j : M i j = (i == j)%:R + (if (k <= i)%N && (j < k)%N then (N *m W) i j else 0).
  rewrite mxE [1%:M _ _]mxE; congr (_ + _); rewrite mulmxBl mul1mx corner_right.
  case: ltnP => jk; rewrite ?andbF // andbT mxE [in X in _ + X]mxE corner_left.
  by case: ltnP => ik; rewrite ?subrr ?subr0.
exists M; split.
  split=> [i j|i]; rewrite entry.
    rewrite -ltnNge => lt; rewrite -val_eqE ltn_eqF // add0r; case: ifP => // /andP[ki jk].
    by have := leq_trans jk (leq_trans ki (ltnW lt)); rewrite ltnn.
  by rewrite eqxx; case: ifP => [/andP[ki ik]|_]; [rewrite ltnNge ki in ik | rewrite addr0].
have free : R *m N *m E *m (pid_mx d : 'M_(n, d)) \in unitmx by rewrite unitmxE unitfE -mulmxA.
exists (H *m (pid_mx d : 'M_(n, d)) *m invmx (R *m N *m E *m (pid_mx d : 'M_(n, d)))).
rewrite -[R *m M *m E]mulmxA ME !mulmxA -[_ *m W *m H]mulmxA mulVmx // mulmx1 mulmxV //.
Qed.

Lemma columns_span n k (A : 'M[F]_n) : (k <= n)%N -> exists f : 'M[F]_n -> F,
  [/\ polynomial_on_lines f, exists2 M, unit_lower M & f M != 0 &
      forall M, f M != 0 -> exists D, corner n k *m (A *m M) = corner n k *m (A *m M) *m corner n k *m D].
Proof.
move=> kn; set E := corner n k; pose C := E *m A.
have small : (\rank C <= k)%N.
  by apply: leq_trans (mxrankM_maxl _ _) _; rewrite /E /corner rank_pid_mx.
have [M [hM [Q e]]] := combinations (row_base_free C) small kn.
exists (fun M => \det (row_base C *m M *m (E *m Q))); split.
- by apply: (det_affine_on_lines (psi := fun M => row_base C *m M *m (E *m Q))) => u v t;
    rewrite mulmxDr mulmxDl -scalemxAr -scalemxAl.
- by exists M => //; rewrite mulmxA e det1 oner_eq0.
move=> N nz; have Hu : row_base C *m N *m (E *m Q) \in unitmx by rewrite unitmxE unitfE.
exists (Q *m invmx (row_base C *m N *m (E *m Q)) *m (row_base C *m N)).
have factor (X : 'M[F]_n) : C *m X = col_base C *m (row_base C *m X) by rewrite mulmxA mulmx_base.
rewrite mulmxA -/C factor; move: (row_base C) (col_base C) Hu => R L Hu.
by rewrite -!mulmxA; congr (L *m _); rewrite -[LHS]mul1mx -(mulmxV Hu) -!mulmxA.
Qed.

Theorem lower_upper_lower n (A : 'M[F]_n) : exists L U L',
  [/\ respects (@lower n) L, respects (@upper n) U, respects (@lower n) L' & A = L *m U *m L'].
Proof.
have [f hf] : exists f : 'I_n -> 'M[F]_n -> F, forall k : 'I_n,
    [/\ polynomial_on_lines (f k), exists2 M, unit_lower M & f k M != 0 & forall M, f k M != 0 ->
      exists D, corner n k *m (A *m M) = corner n k *m (A *m M) *m corner n k *m D].
  apply: (@fin_all_exists _ _ (fun (k : 'I_n) (f : 'M[F]_n -> F) => [/\ polynomial_on_lines f,
    exists2 M, unit_lower M & f M != 0 & forall M, f M != 0 ->
      exists D, corner n k *m (A *m M) = corner n k *m (A *m M) *m corner n k *m D])) => k.
  exact: columns_span (ltnW (ltn_ord k)).
have [||k _|k _|M [hM M1] nz] := @common_point F _ (@unit_lower n) _ (enum 'I_n) f 1%:M.
- exact: unit_lower_flat.
- by split=> [i j|i]; rewrite mxE ?eqxx // -ltnNge => lt; rewrite -val_eqE ltn_eqF.
- by have [] := hf k.
- by have [] := hf k.
have [k lt|L [U [hL hU e]]] := @lower_upper n (A *m M).
  by have [_ _] := hf (Ordinal lt); apply; apply: nz; rewrite mem_enum.
have [i j|i|V hV MV] := @unipotent_inverse n M^T.
- by move=> ns; rewrite mxE hM.
- by rewrite mxE.
exists L, U, V^T; split=> // [i j ns|]; first by rewrite mxE hV.
have MV' : M *m V^T = 1%:M by apply: mulmx1C; rewrite -[M]trmxK -trmx_mul MV trmx1.
by rewrite -e -mulmxA MV' mulmx1.
Qed.

Corollary upper_lower_upper n (A : 'M[F]_n) : exists U L U',
  [/\ respects (@upper n) U, respects (@lower n) L, respects (@upper n) U' & A = U *m L *m U'].
Proof.
have [L [U [L' [hL hU hL' e]]]] := lower_upper_lower A^T.
exists L'^T, U^T, L^T; split=> [i j ns|i j ns|i j ns|]; rewrite ?mxE ?hL ?hU ?hL' //.
by rewrite -!trmx_mul mulmxA -e trmxK.
Qed.

(** ** In a chain

    Square factors [s], all of which may be the identity, before the chain [C]. *)
Definition holds n (U S : support n n) : Prop := forall i j, U i j -> S i j.
Definition diagonal n : support n n := fun i j => i == j.

Fixpoint all_hold n (U : support n n) (s : seq (support n n)) : Prop :=
  if s is T :: s' then holds U T /\ all_hold U s' else True.

Fixpoint prepend n p (s : seq (support n n)) (C : chain n p) : chain n p :=
  if s is T :: s' then Times T (prepend s' C) else C.

Fixpoint square_products n (s : seq (support n n)) (A : 'M[F]_n) : Prop :=
  if s is T :: s' then exists W B, [/\ respects T W, square_products s' B & A = W *m B] else A = 1%:M.

Lemma prepend_products n p (s : seq (support n n)) (C : chain n p) (A : 'M[F]_(n, p)) :
  chain_products (prepend s C) A <-> exists W B, [/\ square_products s W, chain_products C B & A = W *m B].
Proof.
elim: s A => [|S s IH] A /=.
  by split=> [CA|[W [B [-> CB ->]]]]; [exists 1%:M, A; rewrite mul1mx | rewrite mul1mx].
split=> [[W [B [hW /IH[W' [B' [sW' CB' ->]]] ->]]]|[W [B [[W1 [W2 [h1 h2 ->]]] CB ->]]]].
  by exists (W *m W'), B'; split=> //; [exists W, W' | rewrite mulmxA].
by exists W1, (W2 *m B); split=> //; [apply/IH; exists W2, B | rewrite mulmxA].
Qed.

Lemma square_products_cat n (s t : seq (support n n)) (A B : 'M[F]_n) :
  square_products s A -> square_products t B -> square_products (s ++ t) (A *m B).
Proof.
move=> + tB; elim: s A => [|S s IH] A /=; first by move->; rewrite mul1mx.
by case=> W [A' [hW /IH sA' ->]]; exists W, (A' *m B); rewrite mulmxA.
Qed.

Lemma respects_holds n (U S : support n n) (A : 'M[F]_n) : holds U S -> respects U A -> respects S A.
Proof. by move=> US h i j ns; apply: h; apply: contra ns; apply: US. Qed.

Lemma square_products1 n (s : seq (support n n)) : all_hold (@diagonal n) s -> square_products s (1%:M : 'M[F]_n).
Proof.
elim: s => [|S s IH] //= [hS /IH h]; exists 1%:M, 1%:M; split; rewrite ?mulmx1 //.
by apply: respects_holds hS _ => i j; rewrite mxE /diagonal => /negbTE->.
Qed.

Section Neighbours.
Variables (n : nat) (s0 s1 s2 s3 : seq (support n n)) (S1 S2 S3 : support n n).
Let s := s0 ++ S1 :: s1 ++ S2 :: s2 ++ S3 :: s3.
Hypotheses (d0 : all_hold (@diagonal n) s0) (d1 : all_hold (@diagonal n) s1).
Hypotheses (d2 : all_hold (@diagonal n) s2) (d3 : all_hold (@diagonal n) s3).
Hypothesis three : [/\ holds (@lower n) S1, holds (@upper n) S2 & holds (@lower n) S3] \/
  [/\ holds (@upper n) S1, holds (@lower n) S2 & holds (@upper n) S3].

Lemma everything (A : 'M[F]_n) : square_products s A.
Proof.
have [L [U [L' [hL hU hL' ->]]]] : exists L U L', [/\ respects S1 L, respects S2 U, respects S3 L' & A = L *m U *m L'].
  case: three => -[t1 t2 t3].
    have [L [U [L' [hL hU hL' e]]]] := lower_upper_lower A; exists L, U, L';
      split; [exact: respects_holds hL | exact: respects_holds hU | exact: respects_holds hL' | exact: e].
  have [L [U [L' [hL hU hL' e]]]] := upper_lower_upper A; exists L, U, L';
    split; [exact: respects_holds hL | exact: respects_holds hU | exact: respects_holds hL' | exact: e].
rewrite -[_ *m L']mul1mx; apply: square_products_cat; first exact: square_products1.
rewrite -mulmxA; exists L, (U *m L'); split=> //.
rewrite -[U *m L']mul1mx; apply: square_products_cat; first exact: square_products1.
exists U, L'; split=> //; rewrite -[L']mul1mx; apply: square_products_cat; first exact: square_products1.
by exists L', 1%:M; rewrite mulmx1; split=> //; apply: square_products1.
Qed.

Theorem triangular p (C : chain n p) :
  closed (@chain_products F _ _ (Times (@all_cells n n) C)) -> closed (@chain_products F _ _ (prepend s C)).
Proof.
apply: closed_ext => A; apply: iff_sym; apply: iff_trans (prepend_products _ _ _) _.
split=> -[W [B [hW hB ->]]]; exists W, B; split=> //; exact: everything.
Qed.
End Neighbours.
End Triangular.
