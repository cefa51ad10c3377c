(** * Rules [absorb], [fusion] by matchings, and [parts] for chains

    Three ways to make a chain simpler without limits: a square factor that
    may be the identity and adds no path is left out; two factors with
    distinct representatives in every column become one; and a chain whose
    paths fall into groups that share no inner index and no cell is closed if
    each group is. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Chains Generic.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

Section Absorb.
Variable F : numFieldType.

Lemma respects_one n (S : support n n) : (forall i, S i i) -> respects S (1%:M : 'M[F]_n).
Proof. by move=> d i j ns; rewrite mxE; case: eqP => // e; rewrite e d in ns. Qed.

(** ** absorb *)
Lemma absorb_left m n (S : support m m) (T : support m n) : (forall i, S i i) ->
  (forall i k j, S i k -> T k j -> T i j) -> forall B : 'M[F]_(m, n), products S T B <-> respects T B.
Proof.
move=> d inT B; split=> [[X [Y [hX hY ->]]] i j nt|hB]; last first.
  by exists 1%:M, B; rewrite mul1mx; split=> //; apply: respects_one.
rewrite mxE big1 // => k _; have [s|/hX->] := boolP (S i k); last by rewrite mul0r.
by rewrite hY ?mulr0 //; apply: contra nt; apply: inT.
Qed.

Lemma absorb_right m n (S : support m n) (T : support n n) : (forall k, T k k) ->
  (forall i k j, S i k -> T k j -> S i j) -> forall B : 'M[F]_(m, n), products S T B <-> respects S B.
Proof.
move=> d inS B; split=> [[X [Y [hX hY ->]]] i j ns|hB]; last first.
  by exists B, 1%:M; rewrite mulmx1; split=> //; apply: respects_one.
rewrite mxE big1 // => k _; have [t|/hY->] := boolP (T k j); last by rewrite mulr0.
by rewrite hX ?mul0r //; apply: contra ns => s; apply: inS t.
Qed.

Theorem absorb m n q (S : support m m) (T : support m n) (C : chain n q) : (forall i, S i i) ->
  (forall i k j, S i k -> T k j -> T i j) ->
  closed (@chain_products F _ _ (Times T C)) -> closed (@chain_products F _ _ (Times S (Times T C))).
Proof. by move=> d inT; apply: fusion; apply: absorb_left. Qed.

Theorem absorb_second m n q (S : support m n) (T : support n n) (C : chain n q) : (forall k, T k k) ->
  (forall i k j, S i k -> T k j -> S i j) ->
  closed (@chain_products F _ _ (Times S C)) -> closed (@chain_products F _ _ (Times S (Times T C))).
Proof. by move=> d inS; apply: fusion; apply: absorb_right. Qed.

(** ** fusion, by matchings alone

    The reached cells of each column, or of each row, have distinct representatives. *)
Theorem fusion_by_matchings m r n q (S : support m r) (T : support r n) (C : chain n q) (mu : 'I_n -> 'I_m -> option 'I_r) :
  (forall j, matching (fun i k => S i k && T k j) (mu j)) ->
  (forall i j, covered S T predT i j -> mu j i != None) ->
  closed (@chain_products F _ _ (Times (covered S T predT) C)) -> closed (@chain_products F _ _ (Times S (Times T C))).
Proof. by move=> hmu cov; apply: fusion; apply: all_by_matchings hmu cov. Qed.

Theorem fusion_by_row_matchings m r n q (S : support m r) (T : support r n) (C : chain n q) (mu : 'I_m -> 'I_n -> option 'I_r) :
  (forall i, matching (fun j k => S i k && T k j) (mu i)) ->
  (forall i j, covered S T predT i j -> mu i j != None) ->
  closed (@chain_products F _ _ (Times (covered S T predT) C)) -> closed (@chain_products F _ _ (Times S (Times T C))).
Proof.
move=> hmu cov; apply: fusion => B; apply: iff_trans (products_turned _ _ _) _.
have cE i j : covered (turned T) (turned S) predT j i = covered S T predT i j.
  by apply/existsP/existsP => -[k /and3P[_ a b]]; exists k; rewrite /= -/(turned T) -/(turned S) /turned in a b *; rewrite a b.
have [i|j i|h1 h2] := @all_by_matchings F n r m (turned T) (turned S) mu _ _ B^T.
- by have [inS inj] := hmu i; split=> // j k /inS; rewrite andbC.
- by rewrite cE; apply: cov.
split=> [/h1 h i j nc|h]; first by have := h j i; rewrite cE mxE; apply.
by apply: h2 => j i; rewrite cE mxE; apply: h.
Qed.
End Absorb.

(** ** parts

    A label for each index that entries touch; entries join equal labels. The columns of the last
    factor carry no label. *)
Inductive labelled N : forall m n, chain m n -> ('I_m -> 'I_N) -> Prop :=
| LabelledOne m n (V : support m n) f : labelled (One V) f
| LabelledTimes m r n (U : support m r) (C : chain r n) f g :
    (forall k l, U k l -> f k = g l) -> labelled C g -> labelled (Times U C) f.

Section Parts.
Variable F : numFieldType.

(** Rows may be taken from different products, one for each label. *)
Lemma mixed N m n (C : chain m n) (f : 'I_m -> 'I_N) (B : 'I_N -> 'M[F]_(m, n)) : labelled C f ->
  (forall q, chain_products C (B q)) -> chain_products C (\matrix_(k, j) B (f k) k j).
Proof.
move=> h; elim: h B => {m n C f} [m n V f|m r n U C f g join _ IH] B /= hB.
  by move=> k j nv; rewrite mxE; apply: hB.
have [W hW] : exists W : 'I_N -> 'M[F]_(m, r), forall q, exists B', [/\ respects U (W q), chain_products C B' & B q = W q *m B'].
  by apply: (@fin_all_exists _ _ (fun q (W : 'M[F]_(m, r)) => exists B', [/\ respects U W, chain_products C B' & B q = W *m B'])).
have [B' hB'] : exists B' : 'I_N -> 'M[F]_(r, n), forall q, [/\ respects U (W q), chain_products C (B' q) & B q = W q *m B' q].
  by apply: (@fin_all_exists _ _ (fun q (B' : 'M[F]_(r, n)) => [/\ respects U (W q), chain_products C B' & B q = W q *m B'])).
exists (\matrix_(k, l) W (f k) k l), (\matrix_(l, j) B' (g l) l j); split.
- by move=> k l nu; rewrite mxE; have [hU _ _] := hB' (f k); apply: hU.
- by apply: IH => q; have [] := hB' q.
apply/matrixP => k j; rewrite mxE; have [hU _ ->] := hB' (f k).
rewrite mxE [RHS]mxE; apply: eq_bigr => l _; rewrite !mxE.
by have [/join->|/hU->] := boolP (U k l); rewrite ?mul0r.
Qed.

Variables (N m r n : nat) (S : support m r) (C : chain r n) (part : 'I_r -> 'I_N).
Hypothesis joined : labelled C part.

(** The paths of one group. *)
Definition paths (q : 'I_N) : support m r := fun i k => S i k && (part k == q).

(** No cell is reached through two groups. *)
Hypothesis apart : forall i j p q, reaches (Times (paths p) C) i j -> reaches (Times (paths q) C) i j -> p = q.

Theorem parts : (forall q, closed (@chain_products F _ _ (Times (paths q) C))) -> closed (@chain_products F _ _ (Times S C)).
Proof.
move=> cl A lim.
pose share q : 'M[F]_(m, n) := \matrix_(i, j) if reaches (Times (paths q) C) i j then A i j else 0.
pose keep q (W : 'M[F]_(m, r)) : 'M[F]_(m, r) := \matrix_(i, k) if part k == q then W i k else 0.
have hkeep q W : respects S W -> respects (paths q) (keep q W).
  by move=> hW i k; rewrite negb_and mxE; case: eqP => // _; rewrite orbF; apply: hW.
have in_group q : chain_products (Times (paths q) C) (share q).
  apply: cl => eps /lim[B [W [B' [hW hB' eB]]] near].
  have PB : chain_products (Times (paths q) C) (keep q W *m B') by exists (keep q W), B'; split=> //; apply: hkeep.
  exists (keep q W *m B') => // i j; rewrite [share q i j]mxE; case: ifPn => [re|nr]; last first.
    by rewrite (reaches0 PB nr) subr0 normr0; have := near i j; apply: le_lt_trans.
  suff -> : (keep q W *m B') i j = B i j by apply: near.
  rewrite eB !mxE; apply: eq_bigr => k _; rewrite mxE; case: eqP => // /eqP ne.
  have [s|/hW->] := boolP (S i k); last by rewrite !mul0r.
  have [t|nt] := boolP (reaches C k j); last by rewrite (reaches0 hB' nt) !mulr0.
  case/eqP: ne; apply: (apart _ re); apply/existsP; exists k; by rewrite /paths s eqxx.
have [W hW] : exists W : 'I_N -> 'M[F]_(m, r), forall q, exists B,
    [/\ respects (paths q) (W q), chain_products C B & share q = W q *m B].
  by apply: (@fin_all_exists _ _ (fun q (W : 'M[F]_(m, r)) => exists B, [/\ respects (paths q) W, chain_products C B & share q = W *m B])).
have [B hB] : exists B : 'I_N -> 'M[F]_(r, n), forall q, [/\ respects (paths q) (W q), chain_products C (B q) & share q = W q *m B q].
  by apply: (@fin_all_exists _ _ (fun q (B : 'M[F]_(r, n)) => [/\ respects (paths q) (W q), chain_products C B & share q = W q *m B])).
exists (\matrix_(i, k) W (part k) i k), (\matrix_(k, j) B (part k) k j); split.
- by move=> i k ns; rewrite mxE; have [h _ _] := hB (part k); apply: h; rewrite /paths (negbTE ns).
- by apply: mixed joined _ => q; have [] := hB q.
apply/matrixP => i j.
have [re|nr] := boolP (reaches (Times S C) i j); last first.
  have -> : A i j = 0.
    by apply: (limit_entry0 _ lim) => B' hB'; apply: (@reaches0 F _ _ (Times S C) B' hB' i j nr).
  rewrite mxE big1 // => k _; rewrite !mxE; have /existsPn/(_ k) := nr; rewrite negb_and => /orP[ns|nt].
    by have [h _ _] := hB (part k); rewrite h ?mul0r // /paths (negbTE ns).
  by have [_ h _] := hB (part k); rewrite (reaches0 h nt) mulr0.
have /existsP[k0 /andP[s0 t0]] := re; pose q := part k0.
have rq : reaches (Times (paths q) C) i j by apply/existsP; exists k0; rewrite /paths s0 eqxx.
have [hWq hBq e] := hB q; have -> : A i j = share q i j by rewrite mxE rq.
rewrite e !mxE; apply: eq_bigr => k _; rewrite !mxE.
have [/eqP->//|ne] := boolP (part k == q).
rewrite hWq ?mul0r /paths ?(negbTE ne) ?andbF //.
have [hWk hBk _] := hB (part k).
have [s|ns] := boolP (S i k); last by rewrite hWk ?mul0r // /paths (negbTE ns).
have [t|nt] := boolP (reaches C k j); last by rewrite (reaches0 hBk nt) mulr0.
by case/eqP: ne; apply: apart rq; apply/existsP; exists k; rewrite /paths s eqxx.
Qed.
End Parts.
