(** * Rule [dense]: the reduction to independent generic columns

    If the rows that hidden indices [K] touch have distinct representatives in
    [K], any values are possible there, and these rows and [K] can be left out
    (Lemma 1 of the page). If [K] is as large as possible, what is left
    satisfies Hall's condition, so its hidden indices have distinct
    representatives (Dulmage and Mendelsohn), and [dense_criterion] applies. *)

From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Structure Compactness Generic DualBases Rado Types TermRank Crowded Patterns Dense.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.
Local Open Scope ring_scope.

(** ** Hall's theorem, from Rado's *)
Section Hall.
Variables (m r : nat) (S : support m r).

Definition neighbours (K : {set 'I_r}) : {set 'I_m} := [set i | [exists k in K, S i k]].

Lemma hall (K : {set 'I_r}) : (forall K' : {set 'I_r}, K' \subset K -> (#|K'| <= #|neighbours K'|)%N) ->
  exists2 mu, matching (inside S setT K) mu & (#|K| <= #|matched_rows mu|)%N.
Proof.
move=> few; have [|X [hX zX rX]] := @rado [numFieldType of rat] m r (fun k => keep _ (rows_of S k)) K #|K|.
  move=> K' sub; rewrite leq_add2r; apply: leq_trans (few K' sub) _.
  rewrite -(rank_keep [numFieldType of rat] (neighbours K')); apply: mxrankS; apply/row_subP => i.
  rewrite row_diag_mx mxE; have [|_] := boolP (i \in _); last by rewrite scale0r sub0mx.
  rewrite inE => /existsP[k /andP[kK s]]; rewrite scale1r; apply: (sumsmx_sup k) => //.
  apply: (eq_row_sub i); rewrite row_diag_mx mxE inE s scale1r; reflexivity.
have [|mu hmu e] := @rank_matched _ m r (inside S setT K) X^T; last first.
  by exists mu => //; rewrite e mxrank_tr.
move=> i k; rewrite /inside inE /= negb_and => /orP[ns|nK]; last first.
  by have := congr1 (fun M : 'rV_m => M 0 i) (zX k nK); rewrite !mxE.
have /submxP[D eD] := hX k; have := congr1 (fun M : 'rV_m => M 0 i) eD.
by rewrite keep_columns inE (negbTE ns) !mxE.
Qed.

Corollary hall_all : (forall K : {set 'I_r}, (#|K| <= #|neighbours K|)%N) -> term_rank S = r.
Proof.
move=> few; have [mu [inS inj]] := @hall setT (fun K _ => few K); rewrite cardsT card_ord => le.
have [X gX] := @generic_matrix [numFieldType of rat] m r S.
apply/anti_leq; rewrite -{1}(rank_generic_all gX) rank_leq_col /=; apply: leq_trans le _.
by apply: matching_term_rank; split=> // i k /inS/and3P[].
Qed.
End Hall.

(** ** The largest part that fills its rows *)
Section Filling.
Variables (m r : nat) (S : support m r).

(** The rows that [K] touches have distinct representatives in [K]. *)
Definition fills (K : {set 'I_r}) (mu : 'I_m -> option 'I_r) : Prop :=
  matching (inside S setT K) mu /\ matched_rows mu = neighbours S K.

(** What is left without [K]. *)
Definition rest (K : {set 'I_r}) : support #|~: neighbours S K| #|~: K| := fun i k => S (enum_val i) (enum_val k).
Arguments rest : clear implicits.

Definition fillsb (K : {set 'I_r}) : bool :=
  [exists mu : {ffun 'I_m -> option 'I_r}, is_matching (inside S setT K) mu && (matched_rows mu == neighbours S K)].

Lemma fillsP K : reflect (exists mu, fills K mu) (fillsb K).
Proof.
apply: (iffP existsP) => [[mu /andP[/is_matchingP h /eqP e]]|[mu [h e]]]; first by exists mu.
exists (finfun mu); rewrite is_matching_of //= -e; apply/eqP/setP => i; by rewrite !inE ffunE.
Qed.

(** A set that violates Hall's condition in the rest contains one that can be added. *)
Lemma deficient (K K1 : {set 'I_r}) mu : fills K mu -> K1 \subset ~: K ->
  (#|neighbours S K1 :\: neighbours S K| < #|K1|)%N -> exists (K2 : {set 'I_r}) mu', (#|K| < #|K2|)%N /\ fills K2 mu'.
Proof.
move=> fK; have [d] := ubnP #|K1|; elim: d K1 => // d IH K1 le sub small.
have [K3 /andP[prop small3]|fine] := pickP (fun K3 : {set 'I_r} => (K3 \proper K1) &&
    (#|neighbours S K3 :\: neighbours S K| < #|K3|)%N).
  apply: IH small3; first exact: leq_trans (proper_card prop) le.
  exact: subset_trans (proper_sub prop) sub.
have [k kK1] : exists k, k \in K1 by apply/card_gt0P; apply: leq_ltn_trans small.
pose S1 := inside S (~: neighbours S K) setT.
have nbr (K3 : {set 'I_r}) : neighbours S1 K3 = neighbours S K3 :\: neighbours S K.
  apply/setP => i; rewrite in_setD [RHS]andbC !inE; have [h|h] := boolP [exists k0 in K, S i k0].
    by rewrite andbF; apply/existsP => -[l /andP[_ /and3P[_]]]; rewrite !inE h.
  by rewrite andbT; apply: eq_existsb => l; rewrite /S1 /inside !inE h /= !andbT.
have [K3 sub3|mu1 [in1 inj1] many] := @hall m r S1 (K1 :\ k).
  have := fine K3; rewrite (_ : K3 \proper K1) /=; last first.
    apply/properP; split; first by apply: subset_trans sub3 (subsetDl _ _).
    by exists k => //; apply/negP => /(subsetP sub3); rewrite !inE eqxx.
  by rewrite nbr => /negbT; rewrite -leqNgt.
have [[in0 inj0] e0] := fK.
have in1' i l : mu1 i = Some l -> [/\ S i l, i \notin neighbours S K & l \in K1].
  by move=> /in1/and3P[/and3P[s ni _] _]; rewrite !inE in ni *; case/andP.
have e1 : matched_rows mu1 = neighbours S K1 :\: neighbours S K.
  apply/eqP; rewrite eqEcard; apply/andP; split; last first.
    apply: leq_trans many; rewrite -ltnS; apply: leq_trans small _; by rewrite (cardsD1 k K1) kK1.
  apply/subsetP => i; rewrite inE; case e: (mu1 i) => [l|] // _; have [s ni lK] := in1' _ _ e.
  by rewrite in_setD ni inE; apply/existsP; exists l; rewrite lK.
exists (K :|: K1), (fun i => if i \in neighbours S K then mu i else mu1 i); split.
  apply: proper_card; apply/properP; split; first exact: subsetUl.
  by exists k; rewrite ?inE ?kK1 ?orbT //; have := subsetP sub k kK1; rewrite inE.
split; first split.
- move=> i l; case: ifP => _; first by move=> /in0/and3P[s _ lK]; rewrite /inside s !inE lK.
  by move=> /in1'[s _ lK]; rewrite /inside s !inE lK orbT.
- move=> i i' l; case: ifP => hi; case: ifP => hi'.
  + exact: inj0.
  + move=> /in0/and3P[_ _ lK] /in1'[_ _ /(subsetP sub)]; by rewrite inE lK.
  + move=> /in1'[_ _ /(subsetP sub)]; rewrite inE => nK /in0/and3P[_ _]; by rewrite (negbTE nK).
  + exact: inj1.
apply/setP => i; rewrite !inE; have [h|h] := boolP [exists k0 in K, S i k0].
  have : i \in matched_rows mu by rewrite e0 inE.
  rewrite inE => ->; apply/esym/existsP; case/existsP: h => l /andP[lK s].
  by exists l; rewrite inE lK.
have -> : (mu1 i != None) = (i \in matched_rows mu1) by rewrite inE.
rewrite e1 in_setD !inE h /=; apply: eq_existsb => l; rewrite inE andb_orl.
by case lK: (l \in K) => //=; case s: (S i l); rewrite ?andbF // ; case/existsP: h; exists l; rewrite lK.
Qed.

Theorem reduced_exists : exists (K : {set 'I_r}) mu, fills K mu /\ term_rank (rest K) = #|~: K|.
Proof.
have ex0 : fillsb set0.
  apply/fillsP; exists (fun _ => None); split; first by split.
  by apply/setP => i; rewrite !inE; apply/esym/existsP => -[k]; rewrite inE.
case: (arg_maxnP (fun K : {set 'I_r} => #|K|) ex0) => K /fillsP[mu fK] big; exists K, mu; split=> //.
apply: hall_all => K'; pose K1 := [set enum_val k | k in K'].
have K1K : K1 \subset ~: K by apply/subsetP => _ /imsetP[k _ ->]; exact: enum_valP.
have -> : #|K'| = #|K1| by rewrite card_imset //; apply: enum_val_inj.
apply: leq_trans (_ : #|neighbours S K1 :\: neighbours S K| <= _)%N.
  rewrite leqNgt; apply/negP => /(deficient fK K1K)[K2 [mu2 [lt f2]]].
  have /big : fillsb K2 by apply/fillsP; exists mu2.
  by rewrite /= leqNgt lt.
apply: leq_trans (leq_imset_card enum_val _); apply: subset_leq_card; apply/subsetP => i.
rewrite in_setD => /andP[ni]; rewrite inE => /existsP[_ /andP[/imsetP[k kK' ->] s]].
have iR : i \in ~: neighbours S K by rewrite inE.
apply/imsetP; exists (enum_rank_in iR i); last by rewrite enum_rankK_in.
by rewrite inE; apply/existsP; exists k; rewrite kK' /rest enum_rankK_in.
Qed.
End Filling.
Arguments rest {m r} S K.

(** ** Lemma 1, and the criterion for all supports *)
Section Reduction.
Variable F : numFieldType.
Variables (m r n : nat) (S : support m r).

(** Only the rows that [K] does not touch matter. *)
Lemma rest_rows (K : {set 'I_r}) (A : 'M[F]_(m, n)) :
  masked_products (fun i k => S i k && (k \notin K)) (@all_cells r n) (fun i _ => i \notin neighbours S K) A <->
  products (rest S K) (@all_cells _ n) (rowsub (enum_val : 'I_#|~: neighbours S K| -> 'I_m) A).
Proof.
split=> [[X [Y [hX _ e]]]|[X [Y [hX _ e]]]].
  exists (mxsub enum_val enum_val X), (rowsub enum_val Y); split=> [i k ns|//|].
    by rewrite mxE hX // negb_and ns.
  apply/matrixP => i j; rewrite [LHS]mxE e; last by have := enum_valP i; rewrite inE.
  rewrite [RHS]mxE [LHS]mxE (bigID (mem (~: K))) /= [X in _ + X]big1 ?addr0; last first.
    by move=> k; rewrite inE negbK => kK; rewrite hX ?mul0r // kK andbF.
  by rewrite (big_enum_val (A := mem (~: K)) (fun k => X (enum_val i) k * Y k j)); apply: eq_bigr => k _; rewrite !mxE.
pose X0 : 'M[F]_(m, r) := \matrix_(i, k)
  if [pick p | (enum_val p.1 == i) && (enum_val p.2 == k)] is Some p then X p.1 p.2 else 0.
pose Y0 : 'M[F]_(r, n) := \matrix_(k, j) if [pick a | enum_val a == k] is Some a then Y a j else 0.
have eX a b : X0 (enum_val a) (enum_val b) = X a b.
  rewrite mxE; case: pickP => [[a' b'] /andP[/eqP/enum_val_inj-> /eqP/enum_val_inj->] //|/(_ (a, b))].
  by rewrite /= !eqxx.
have eY b j : Y0 (enum_val b) j = Y b j.
  by rewrite mxE; case: pickP => [b' /eqP/enum_val_inj-> //|/(_ b)]; rewrite eqxx.
exists X0, Y0; split=> [i k|//|i j].
  rewrite mxE; case: pickP => [[a b] /= /andP[/eqP<- /eqP<-]|//].
  by have := enum_valP b; rewrite inE => -> /=; rewrite andbT => /(hX a b).
rewrite -in_setC => iR; rewrite -(enum_rankK_in iR iR); set a := enum_rank_in _ _.
have := congr1 (fun M : 'M_(_, n) => M a j) e; rewrite [LHS]mxE => ->; rewrite !mxE [RHS](bigID (mem (~: K))) /=.
rewrite [X in _ + X]big1 ?addr0; last first.
  move=> k; rewrite inE negbK => kK; rewrite mxE; case: pickP => [[a' b] /= /andP[_ /eqP kb]|_]; last by rewrite mul0r.
  by have := enum_valP b; rewrite inE kb kK.
rewrite (big_enum_val (A := mem (~: K)) (fun k => X0 (enum_val a) k * Y0 k j)).
by apply: eq_bigr => b _; rewrite eX eY.
Qed.

(** Lemma 1. *)
Theorem reduction (K : {set 'I_r}) mu : fills S K mu ->
  closed (@products F m r n S (@all_cells r n)) <-> closed (@products F _ _ n (rest S K) (@all_cells _ n)).
Proof.
case=> -[inS inj] filled; split=> cl.
  apply: (@minor F m r n _ _ n S (@all_cells r n) (rest S K) (@all_cells _ n) enum_val id enum_val) cl => //.
  - exact: enum_val_inj.
  - exact: enum_val_inj.
  move=> i j l s _; have := enum_valP i; rewrite !inE => /existsPn/(_ l); rewrite s andbT => nl.
  have lR : l \in ~: K by rewrite inE.
  by exists (enum_rank_in lR l); rewrite enum_rankK_in.
apply: closed_ext (masked_by_nothing S (@all_cells r n)) _.
apply: (@full_by_matchings F m r n S (@all_cells r n) (@all_cells m n) (mem K) (fun _ => mu)).
- by move=> j; split=> // i k /inS/and3P[s _ kK]; apply/and3P.
- move=> i j _ /existsP[k /and3P[kK s _]]; have : i \in matched_rows mu; last by rewrite inE.
  by rewrite filled inE; apply/existsP; exists k; apply/andP.
have [n0|n0] := posnP n.
  move=> A _; exists 0, 0; split=> [i k _|k j _|i j]; rewrite ?mxE //; have := ltn_ord j; by rewrite {2}n0.
have same i j : ~~ covered S (@all_cells r n) (mem K) i j = (i \notin neighbours S K).
  by rewrite inE; congr (~~ _); apply: eq_existsb => k; rewrite andbT.
have eq (A : 'M[F]_(m, n)) : masked_products (fun i k => S i k && ~~ mem K k) (@all_cells r n)
    (fun i j => all_cells i j && ~~ covered S (@all_cells r n) (mem K) i j) A <->
    products (rest S K) (@all_cells _ n) (rowsub (enum_val : 'I_#|~: neighbours S K| -> 'I_m) A).
  split=> [[X [Y [hX hY e]]]|/rest_rows[X [Y [hX hY e]]]].
    by apply/rest_rows; exists X, Y; split=> // i j h; apply: e; rewrite /= same.
  by exists X, Y; split=> // i j; rewrite /= same; apply: e.
move=> A lim; apply/eq/cl => eps /lim[B /eq PB near].
by exists (rowsub enum_val B) => // i j; rewrite !mxE.
Qed.

(** Lemma 1 and Theorems 2 and 3: the question is decided for every support. *)
Theorem dense_decided : compact F -> (r <= n)%N -> closed (@products F m r n S (@all_cells r n)) <->
  exists (K : {set 'I_r}) mu, [/\ fills S K mu, term_rank (rest S K) = #|~: K| & forall Z, ~~ crowded (rest S K) Z].
Proof.
move=> compactF rn; have small (K : {set 'I_r}) : (#|~: K| <= n)%N.
  by apply: leq_trans rn; rewrite -[X in (_ <= X)%N]card_ord max_card.
split=> [cl|[K [mu [fK full few]]]]; last by apply/(reduction fK)/dense_closed.
have [K [mu [fK full]]] := reduced_exists S; exists K, mu; split=> //.
by apply/(dense_criterion compactF (small K) full)/(reduction fK).
Qed.
End Reduction.
