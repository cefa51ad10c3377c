(** * Rules [crossing] and [peel]: nested rank-one supports

    Columns of the first factor that overlap are nested. Then elimination with
    the largest entry of a column as pivot changes the factors into bounded
    ones, and compactness gives the rest. (The pages of the rules use
    orthogonal columns; pivots need no square roots and no conjugation, so the
    proof is the same over R and C.) *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Twins.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** Hidden indices with a common row and a common column. *)
Definition overlap m r n (S : support m r) (T : support r n) (k l : 'I_r) : bool :=
  [exists i, S i k && S i l] && [exists j, T k j && T l j].

(** ** Elimination *)
Section Elimination.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r) (T : support r n) (pos : 'I_r -> nat).
(** What the second factor belongs to. *)
Variable Q : 'M[F]_(r, n) -> Prop.
Hypothesis pos_inj : injective pos.
Hypothesis rows_nested : forall k l, overlap S T k l -> (pos k < pos l)%N -> forall i, S i k -> S i l.
Hypothesis columns_nested : forall k l, overlap S T k l -> (pos k < pos l)%N -> forall j, T l j -> T k j.
Hypothesis Q_respects : forall B, Q B -> respects T B.
Hypothesis Q_scale : forall k c (B : 'M[F]_(r, n)), Q B -> Q (\matrix_(a, j) if a == k then c * B a j else B a j).
Hypothesis Q_add : forall k l c (B : 'M[F]_(r, n)), overlap S T k l -> (pos k < pos l)%N -> Q B ->
  Q (\matrix_(a, j) if a == k then B a j + c * B l j else B a j).

Definition later k l := overlap S T k l && (pos k < pos l)%N.

(** Row [p] is the pivot of column [k]: later overlapping columns are zero there. *)
Definition pivot (X : 'M[F]_(m, r)) k p : Prop := X p k = 1 /\ forall l, later k l -> X p l = 0.

Definition eliminated t (X : 'M[F]_(m, r)) (B : 'M[F]_(r, n)) : Prop :=
  forall k, (pos k < t)%N -> (forall i, `|X i k| <= 1) /\ ((forall j, B k j = 0) \/ exists p, pivot X k p).

Lemma Q_add_many k c (c0 : F) (s : seq 'I_r) (B : 'M[F]_(r, n)) : Q B -> all (later k) s ->
  Q (\matrix_(a, j) if a == k then c0 * B k j + \sum_(l <- s) c l * B l j else B a j).
Proof.
move=> QB; elim: s => [_|l s IH /= /andP[/andP[ov lt] /IH QI]].
  have := Q_scale k c0 QB; congr (Q _); apply/matrixP => a j; rewrite !mxE big_nil addr0.
  by case: eqP => // ->.
have := Q_add (c l) ov lt QI; congr (Q _); apply/matrixP => a j; rewrite !mxE big_cons.
case: eqP => // _; rewrite ifN; first by rewrite -addrA; congr (_ + _); rewrite addrC.
by apply: contraTneq lt => ->; rewrite ltnn.
Qed.

Lemma one_step t X B : respects S X -> Q B -> eliminated t X B -> exists X' B',
  [/\ respects S X', Q B', eliminated t.+1 X' B' & X' *m B' = X *m B].
Proof.
move=> hX QB el; have [k /eqP pk|none] := pickP (fun k => pos k == t); last first.
  exists X, B; split=> // k; rewrite ltnS leq_eqVlt none /=; exact: el.
have split_t k' : (pos k' < t.+1)%N -> k' = k \/ (pos k' < pos k)%N.
  by rewrite ltnS leq_eqVlt -pk => /orP[/eqP/pos_inj|]; [left | right].
have [z|] := boolP [forall i, X i k == 0].
  have zk i : X i k = 0 by apply/eqP; have /forallP := z.
  exists X, (\matrix_(a, j) if a == k then 0 * B a j else B a j); split=> //; first exact: Q_scale.
    move=> k' /split_t[->|lt].
      by split=> [i|]; [rewrite zk normr0 ler01 | left=> j; rewrite mxE eqxx mul0r].
    have [b h] := el k' (leq_trans lt (eq_leq pk)); split=> //.
    case: h => [h|]; [left=> j | by right]; rewrite mxE ifN ?h //.
    by apply: contraTneq lt => ->; rewrite ltnn.
  apply/matrixP => i j; rewrite !mxE; apply: eq_bigr => l _; rewrite mxE.
  by case: eqP => // ->; rewrite zk !mul0r.
rewrite negb_forall => /existsP[i0 nz]; have [p hp] := largest i0 (fun i => X i k).
have c0 : X p k != 0 by rewrite -normr_gt0 (lt_le_trans _ (hp i0)) // normr_gt0.
have Spk : S p k by apply: contraT => /hX e; rewrite e eqxx in c0.
pose x i := X i k / X p k.
pose X' : 'M[F]_(m, r) := \matrix_(i, l) if l == k then x i else if later k l then X i l - X p l * x i else X i l.
pose B' : 'M[F]_(r, n) := \matrix_(a, j) if a == k then X p k * B k j + \sum_(l | later k l) X p l * B l j else B a j.
have kk : later k k = false by rewrite /later ltnn andbF.
have old k' : (pos k' < pos k)%N -> (k' == k = false) * (later k k' = false).
  by move=> lt; split; [apply: contraTF lt => /eqP->; rewrite ltnn | rewrite /later ltnNge ltnW ?andbF].
exists X', B'; split.
- move=> i l ns; rewrite mxE; case: eqP => [e|_]; first by rewrite /x hX ?mul0r // -e.
  case: ifP => [/andP[ov lt]|_]; last exact: hX.
  rewrite (hX i l) // /x (hX i k) ?mul0r ?mulr0 ?subr0 //; apply: contra ns; exact: (rows_nested ov lt).
- have := @Q_add_many k (fun l => X p l) (X p k) [seq l <- enum 'I_r | later k l] B QB (filter_all _ _).
  congr (Q _); apply/matrixP => a j; rewrite !mxE; case: eqP => // _.
  by rewrite big_filter big_enum_cond.
- move=> k' /split_t[->|lt].
    split=> [i|]; first by rewrite mxE eqxx /x normrM normfV ler_pdivr_mulr ?normr_gt0 // mul1r.
    right; exists p; split=> [|l lat]; rewrite mxE ?eqxx /x ?divff //.
    rewrite lat ifN ?mulr1 ?subrr //; by apply: contraTneq lat => ->; rewrite kk.
  have [ek nl] := old _ lt; have [b h] := el k' (leq_trans lt (eq_leq pk)); split=> [i|].
    by rewrite mxE ek nl.
  case: h => [h|[p' [one zero]]]; first by left=> j; rewrite mxE ek.
  right; exists p'; split; first by rewrite mxE ek nl.
  move=> l lat'; rewrite mxE; case: eqP => [e|_]; first by rewrite /x zero ?mul0r // -e.
  case: ifP => lat; last exact: zero.
  rewrite zero // sub0r /x; suff -> : X p' k = 0 by rewrite mul0r mulr0 oppr0.
  have [/zero //|no] := boolP (later k' k); apply/eqP; apply: contraNT no => xk.
  have Sk : S p' k by apply: contraT => /hX e; rewrite e eqxx in xk.
  have Sk' : S p' k' by apply: contraT => /hX e; move: (oner_neq0 F); rewrite -one e eqxx.
  case/andP: lat' => ov' lt'; case/andP: lat => ov lt2.
  have /andP[_ /existsP[j /andP[Tk Tl]]] := ov.
  rewrite /later lt andbT /overlap; apply/andP; split; apply/existsP.
    by exists p'; rewrite Sk Sk'.
  by exists j; rewrite Tk (columns_nested ov' lt').
apply/matrixP => i j; rewrite !mxE (bigD1 k) //= [RHS](bigD1 k) //= !mxE !eqxx.
rewrite mulrDr /x mulrA divfK // -addrA; congr (_ + _).
rewrite mulr_sumr [X in _ + X = _](bigID (later k)) [in RHS](bigID (later k)) /= addrA; congr (_ + _); last first.
  by apply: eq_bigr => l /andP[ne nl]; rewrite !mxE (negbTE ne) (negbTE nl).
have drop (f : 'I_r -> F) : \sum_(l | (l != k) && later k l) f l = \sum_(l | later k l) f l.
  by apply: eq_bigl => l; case: eqP => // ->; rewrite kk.
rewrite !drop -big_split; apply: eq_bigr => l lat /=; rewrite !mxE lat.
have -> : (l == k) = false by apply: contraTF lat => /eqP->; rewrite kk.
by rewrite mulrBl mulrA [_ * X p l]mulrC addrC subrK.
Qed.

Lemma all_steps t X B : respects S X -> Q B -> exists X' B',
  [/\ respects S X', Q B', eliminated t X' B' & X' *m B' = X *m B].
Proof.
move=> hX QB; elim: t => [|t [X' [B' [hX' QB' el e]]]]; first by exists X, B; split.
by have [X2 [B2 [hX2 QB2 el2 e2]]] := one_step hX' QB' el; exists X2, B2; split=> //; rewrite e2.
Qed.

(** Bounds for the rows of the second factor. *)
Fixpoint bound (a : F) t : F := if t is t'.+1 then a + r%:R * bound a t' else a.

Lemma bound_ge0 a t : 0 <= a -> 0 <= bound a t.
Proof. by move=> a0; elim: t => //= t IH; rewrite addr_ge0 // mulr_ge0 ?ler0n. Qed.

Lemma bound_mono a t u : 0 <= a -> (t <= u)%N -> bound a t <= bound a u.
Proof.
move=> a0; elim: t u => [|t IH] [|u] //=; first by rewrite ler_addl mulr_ge0 ?ler0n ?bound_ge0.
by rewrite ltnS => /IH h; rewrite ler_add2l ler_wpmul2l ?ler0n.
Qed.

Lemma eliminated_bounded a t X B : 0 <= a -> respects S X -> Q B -> eliminated t X B ->
  (forall i j, `|(X *m B) i j| <= a) -> forall k, (pos k < t)%N -> forall j, `|B k j| <= bound a t.
Proof.
move=> a0 hX QB el ha; elim: t el => [//|t IH] el k lt j.
have el' : eliminated t X B by move=> l lt'; apply: el; apply: ltnW.
have [b0|nz] := eqVneq (B k j) 0; first by rewrite b0 normr0 bound_ge0.
have [_ [z|[p [one zero]]]] := el k lt; first by rewrite z eqxx in nz.
have Tkj : T k j by apply: contraT => /(Q_respects QB) e; rewrite e eqxx in nz.
have Spk : S p k by apply: contraT => /hX e; move: (oner_neq0 F); rewrite -one e eqxx.
have := ha p j; rewrite mxE (bigD1 k) //= one mul1r => hs.
rewrite -[B k j](addrK (\sum_(l | l != k) X p l * B l j)).
apply: le_trans (ler_norm_sub _ _) _; rewrite ler_add //.
apply: le_trans (ler_norm_sum _ _ _) _.
apply: le_trans (_ : \sum_(l | l != k) bound a t <= _); last first.
  rewrite sumr_const -[_ *+ #|_|]mulr_natl ler_wpmul2r ?bound_ge0 // ler_nat.
  by apply: leq_trans (max_card _) _; rewrite card_ord.
apply: ler_sum => l ne; rewrite normrM.
have [lt'|ge] := ltnP (pos l) (pos k).
  have lt2 : (pos l < t)%N by apply: leq_trans lt' _; rewrite -ltnS.
  rewrite -[bound a t]mul1r ler_pmul ?normr_ge0 //; last exact: IH.
  by have [b _] := el l (ltnW lt2); apply: b.
have lkl : (pos k < pos l)%N.
  by rewrite ltn_neqAle ge andbT; apply: contraNneq ne => /pos_inj->.
suff /eqP : X p l * B l j == 0 by rewrite -normrM => ->; rewrite normr0 bound_ge0.
apply: contraT => nzl; move: nzl; rewrite mulf_eq0 negb_or => /andP[xl bl].
have Spl : S p l by apply: contraT => /hX e; rewrite e eqxx in xl.
have Tlj : T l j by apply: contraT => /(Q_respects QB) e; rewrite e eqxx in bl.
case/eqP: xl; apply: zero; rewrite /later lkl andbT /overlap.
by apply/andP; split; apply/existsP; [exists p; rewrite Spk | exists j; rewrite Tkj].
Qed.

Theorem nested_closed : compact F -> closed Q ->
  closed (fun A : 'M[F]_(m, n) => exists X B, [/\ respects S X, Q B & A = X *m B]).
Proof.
move=> compactF clQ A lim.
pose size : F := \sum_i \sum_j `|A i j|.
have sizeP i j : `|A i j| <= size.
  by rewrite /size (bigD1 i) //= (bigD1 j) //= -addrA ler_addl addr_ge0 ?sumr_ge0 // => k _; rewrite sumr_ge0.
have size0 : 0 <= size by rewrite sumr_ge0 // => i _; rewrite sumr_ge0.
have a0 : 0 <= size + 1 := addr_ge0 size0 ler01.
pose t := (\max_k pos k).+1; pose M := 1 + bound (size + 1) t.
have small k : (pos k < t)%N by rewrite ltnS (leq_bigmax k).
have M0 : 0 <= M by rewrite addr_ge0 ?bound_ge0 ?ler01.
have clS : closed (respects S : 'M[F]_(m, r) -> Prop) by apply: single.
have [|X [B [hX QB e]]] := bounded_factors compactF (Omega := @all_cells m n) (A := A) M0 clS clQ; last first.
  by exists X, B; split=> //; apply/matrixP => i j; apply: e.
move=> eps0 e0; have [eps [e1 e2 e3]] := below_both e0 ltr01.
have [C [X [B [hX QB eC]]] hAC] := lim _ e1.
have [X' [B' [hX' QB' el e']]] := all_steps t hX QB.
exists X', B'; split=> //.
- by move=> i j _; rewrite e' -eC; apply: lt_le_trans (hAC i j) _.
- move=> i k; have [b _] := el k (small k); apply: le_trans (b i) _.
  by rewrite ler_addl bound_ge0.
move=> k j; apply: le_trans (eliminated_bounded a0 hX' QB' el _ (small k) j) _; last by rewrite ler_addr ler01.
move=> i' j'; rewrite e' -eC -[C i' j'](subrK (A i' j')) addrC.
by apply: le_trans (ler_norm_add _ _) _; rewrite ler_add // distrC (le_trans (ltW (hAC _ _))).
Qed.
End Elimination.

(** ** An order of the hidden indices *)
Section Order.
Variables (m r q : nat) (S : support m r) (U : support r q) (ov : rel 'I_r).

(** Of two columns that [ov] relates one lies in the other, and their rows of [U] the other way round. *)
Definition nested_pairs : Prop := forall k l, ov k l ->
  ((forall i, S i k -> S i l) /\ (forall j, U l j -> U k j)) \/
  ((forall i, S i l -> S i k) /\ (forall j, U k j -> U l j)).

Lemma order_exists : nested_pairs -> exists2 pos : 'I_r -> nat, injective pos &
  forall k l, ov k l -> (pos k < pos l)%N -> (forall i, S i k -> S i l) /\ (forall j, U l j -> U k j).
Proof.
move=> nest.
pose rows k := #|[set i | S i k]|; pose columns k := #|[set j | U k j]|.
have few k : (columns k <= q)%N by apply: leq_trans (max_card _) _; rewrite card_ord.
pose key k := (rows k * q.+1 + (q - columns k))%N.
exists (fun k => (key k * r + k)%N) => [k l /= e|k l /nest nkl lt].
  have r0 : (0 < r)%N := leq_ltn_trans (leq0n k) (ltn_ord k).
  by apply: val_inj; have := congr1 (fun x => x %% r)%N e; rewrite !modnMDl !modn_small.
case: nkl => // -[rl ul].
have le : (key k <= key l)%N.
  rewrite leqNgt; apply/negP => gt; move: lt; rewrite ltnNge; case/negP.
  apply: leq_trans (_ : (key l).+1 * r <= _)%N; first by rewrite mulSn addnC leq_add2r ltnW.
  by apply: leq_trans (leq_addr k _); rewrite leq_mul2r gt orbT.
have rows_le : (rows l <= rows k)%N by apply/subset_leq_card/subsetP => i; rewrite !inE; apply: rl.
have cols_le : (columns k <= columns l)%N by apply/subset_leq_card/subsetP => j; rewrite !inE; apply: ul.
have rows_eq : rows k = rows l.
  apply/eqP; rewrite eqn_leq rows_le andbT leqNgt; apply/negP => gt.
  move: le; rewrite leqNgt; case/negP; apply: leq_trans (_ : (rows l).+1 * q.+1 <= _)%N.
    by rewrite /key -addnS mulSn [(q.+1 + _)%N]addnC leq_add2l ltnS leq_subr.
  by apply: leq_trans (leq_addr _ _); rewrite leq_mul2r gt orbT.
have cols_eq : columns k = columns l.
  apply/eqP; rewrite eqn_leq cols_le /=; move: le.
  by rewrite /key rows_eq leq_add2l => h; rewrite -(subKn (few l)) -(subKn (few k)) leq_sub2l.
have rsub : [set i | S i l] \subset [set i | S i k] by apply/subsetP => i; rewrite !inE; apply: rl.
have usub : [set j | U k j] \subset [set j | U l j] by apply/subsetP => j; rewrite !inE; apply: ul.
have e1 : [set i | S i l] = [set i | S i k] by apply/eqP; rewrite eqEcard rsub; apply: (eq_leq rows_eq).
have e2 : [set j | U k j] = [set j | U l j] by apply/eqP; rewrite eqEcard usub; apply: (eq_leq (esym cols_eq)).
split=> [i s|j u].
  by move/setP/(_ i): e1; rewrite !inE => ->.
by move/setP/(_ j): e2; rewrite !inE => ->.
Qed.
End Order.

Section Rules.
Variable F : numFieldType.
Hypothesis compactF : compact F.

Lemma row_operation r q n (U : 'M[F]_(r, q)) (B : 'M[F]_(q, n)) k l (c d : F) :
  (\matrix_(a, j) if a == k then d * U a j + c * U l j else U a j) *m B =
  \matrix_(a, j) if a == k then d * (U *m B) a j + c * (U *m B) l j else (U *m B) a j.
Proof.
apply/matrixP => a j; rewrite !mxE; case: eqP => e; last first.
  by apply: eq_bigr => b _; rewrite mxE; case: eqP e.
rewrite !mulr_sumr -big_split; apply: eq_bigr => b _ /=.
by rewrite mxE e eqxx mulrDl !mulrA.
Qed.

(** Two factors; all cells of the supports are looked at. *)
Theorem crossing m r n (S : support m r) (T : support r n) (Omega : support m n) :
  nested_pairs S T (overlap S T) -> (forall i k j, S i k -> T k j -> Omega i j) ->
  closed (@masked_products F m r n S T Omega).
Proof.
move=> nest all A lim; have [pos inj ord] := order_exists nest.
pose A0 : 'M[F]_(m, n) := \matrix_(i, j) if Omega i j then A i j else 0.
have off X Y i j : respects S X -> respects T Y -> ~~ Omega i j -> (X *m Y) i j = 0 :> F.
  move=> hX hY nO; rewrite mxE big1 // => k _.
  have [s|/hX->] := boolP (S i k); last by rewrite mul0r.
  have [t|/hY->] := boolP (T k j); last by rewrite mulr0.
  by rewrite (all i k j) in nO.
have [] := @nested_closed F m r n S T pos (respects T) inj _ _ _ _ _ compactF _ A0.
- by move=> k l o lt; have [] := ord k l o lt.
- by move=> k l o lt; have [] := ord k l o lt.
- by [].
- move=> k c B hB a j ns; rewrite mxE hB // mulr0; by case: ifP.
- move=> k l c B o lt hB a j ns; rewrite mxE hB // add0r; case: eqP => // e.
  rewrite hB ?mulr0 //; apply: contra ns; rewrite e; by have [_ h] := ord k l o lt; apply: h.
- exact: single.
- move=> eps e0; have [B [X [Y [hX hY e]]] h] := lim _ e0; exists (X *m Y); first by exists X, Y.
  move=> i j; rewrite mxE; case: ifPn => O; first by rewrite -e.
  by rewrite (off X Y) // subrr normr0.
by move=> X [Y [hX hY e]]; exists X, Y; split=> // i j O; rewrite -e mxE O.
Qed.

(** An outer factor of a chain: overlaps are counted with the supports of the other factors' products. *)
Theorem peel m r q n (S : support m r) (U : support r q) (C : chain q n) :
  nested_pairs S U (overlap S (reaches (Times U C))) ->
  closed (@chain_products F _ _ (Times U C)) -> closed (@chain_products F _ _ (Times S (Times U C))).
Proof.
move=> nest cl; have [pos inj ord] := order_exists nest.
apply: (@nested_closed F m r n S (reaches (Times U C)) pos (chain_products (Times U C)) inj _ _ _ _ _ compactF cl).
- by move=> k l o lt; have [] := ord k l o lt.
- move=> k l o lt j /existsP[b /andP[u h]]; have [_ sub] := ord k l o lt.
  by apply/existsP; exists b; rewrite sub.
- by move=> B hB i j; apply: (reaches0 hB).
- move=> k c B [W [B1 [hW hB1 ->]]].
  exists (\matrix_(a, j) if a == k then c * W a j + 0 * W k j else W a j), B1; split=> //.
    by move=> a j ns; rewrite mxE hW // mulr0; case: eqP => // e; rewrite mul0r addr0.
  by rewrite row_operation; apply/matrixP => a j; rewrite !mxE mul0r addr0.
move=> k l c B o lt [W [B1 [hW hB1 ->]]].
exists (\matrix_(a, j) if a == k then 1 * W a j + c * W l j else W a j), B1; split=> //.
  move=> a j ns; rewrite mxE hW // mulr0 add0r; case: eqP => // e.
  rewrite hW ?mulr0 //; apply: contra ns; rewrite e; by have [_ h] := ord k l o lt; apply: h.
by rewrite row_operation; apply/matrixP => a j; rewrite !mxE mul1r.
Qed.
End Rules.
