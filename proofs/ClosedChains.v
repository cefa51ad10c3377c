(** * Certificates that the products of a chain form a closed set

    A tree of rules for any number of factors: each node names a theorem of
    [Structure.v], [Nested.v], [Chains.v] or [Generic.v]. Where two factors are
    left, a tree as in [Rules.v] may follow. *)

From Coq Require Import ZArith.
From mathcomp Require Import all_ssreflect all_algebra ssrZ.
From Closedness Require Import Products Structure Compactness Nested Chains Generic Regular Limit Patterns Classification Sections Witnesses ChainLimit Rules Checked.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.POrderTheory.

Inductive chain_rules :=
| CSingle
| CPair of rules
| CTurn of chain_rules (* transposition *)
| CTrim of chain_rules (* entries from which no path leads on are left out *)
(** Factor number [p] and the one after it give all matrices on the cells of their product: for each column
    the representatives of the rows. They become one. *)
| CFusion of nat & seq (seq nat) & chain_rules
| CPeel of chain_rules. (* the first factor is left out *)

Definition turned_support m n (I : seq (seq bool)) : seq (seq bool) := tabulate n m (fun j i => get false I i j).

Fixpoint turn m (I : seq (seq bool)) (l : links) n : seq (seq bool) * links :=
  match l with
  | [::] => (turned_support m n I, [::])
  | (r, J) :: l' => let: (J', l'') := turn r J l' n in (J', rcons l'' (r, turned_support m r I))
  end.

(** Where paths lead. *)
Fixpoint reach_table m (I : seq (seq bool)) (l : links) n : seq (seq bool) :=
  match l with
  | [::] => I
  | (r, J) :: l' => let R := reach_table r J l' n in
      tabulate m n (fun i j => has (fun k => get false I i k && get false R k j) (iota 0 r))
  end.

Fixpoint trim_right m (I : seq (seq bool)) (l : links) n : seq (seq bool) * links :=
  match l with
  | [::] => (I, [::])
  | (r, J) :: l' => let R := reach_table r J l' n in let: (J', l'') := trim_right r J l' n in
      (tabulate m r (fun i k => get false I i k && has (get false R k) (iota 0 n)), (r, J') :: l'')
  end.

Fixpoint fusion_ok p m (I : seq (seq bool)) (l : links) n (mu : seq (seq nat)) : bool :=
  if l is (r, J) :: l' then
    if p is p'.+1 then fusion_ok p' r J l' n mu
    else matching_cells m r (next l' n) (get false I) (get false J) (fun _ _ => true) xpredT mu
  else false.

(** Columns of the first factor that share a row, and from which paths lead to a common column, are nested. *)
Definition peel_ok m r q (I J R : seq (seq bool)) n : bool :=
  forall2 r r (fun k l => has (fun i => get false I i k && get false I i l) (iota 0 m) &&
      has (fun j => get false R k j && get false R l j) (iota 0 n) ==>
    (all (fun i => get false I i k ==> get false I i l) (iota 0 m) && all (fun j => get false J l j ==> get false J k j) (iota 0 q)) ||
    (all (fun i => get false I i l ==> get false I i k) (iota 0 m) && all (fun j => get false J k j ==> get false J l j) (iota 0 q))).

Fixpoint check_closed_chain m (I : seq (seq bool)) (l : links) n (t : chain_rules) : bool :=
  match t with
  | CSingle => nilp l
  | CPair t1 => if l is [:: (r, J)] then check_closed m r n I J t1 else false
  | CTurn t1 => let: (I', l') := turn m I l n in check_closed_chain n I' l' m t1
  | CTrim t1 => let: (I', l') := trim_right m I l n in check_closed_chain m I' l' n t1
  | CFusion p mu t1 => fusion_ok p m I l n mu && (let: (I', l') := merge_at p m I l n in check_closed_chain m I' l' n t1)
  | CPeel t1 => if l is (r, J) :: (q, K) :: l' then
      peel_ok m r q I J (reach_table r J ((q, K) :: l') n) n && check_closed_chain r J ((q, K) :: l') n t1 else false
  end.

Local Open Scope ring_scope.

Section Soundness.
Variable F : numFieldType.

Lemma closed_turned m n (P : 'M[F]_(m, n) -> Prop) (Q : 'M[F]_(n, m) -> Prop) :
  (forall A, Q A^T <-> P A) -> closed Q -> closed P.
Proof.
move=> QP cl A lim; apply/QP/cl => eps /lim[B PB near]; exists B^T; first exact/QP.
by move=> i j; rewrite !mxE.
Qed.

Lemma build_rcons m I l n (V : seq (seq bool)) q : build m I (rcons l (n, V)) q = with_last (build m I l n) (table V).
Proof. by elim: l m I => [|[r J] l IH] m I //=; rewrite IH. Qed.

Lemma table_turned m n I (A : 'M[F]_(m, n)) : respects (table (turned_support m n I)) A^T <-> respects (table I) A.
Proof.
split=> h i j; last by rewrite /table tabulateE // mxE => /h.
by move=> ns; have := h j i; rewrite /table tabulateE // mxE; apply.
Qed.

Lemma turn_sound m I l n (A : 'M[F]_(m, n)) :
  chain_products (build n (turn m I l n).1 (turn m I l n).2 m) A^T <-> chain_products (build m I l n) A.
Proof.
elim: l m I A => [|[r J] l IH] m I A /=; first exact: table_turned.
case e: (turn r J l n) => [J' l'] /=; rewrite build_rcons; have {}IH B := IH r J B; rewrite e /= in IH.
split=> [/with_last_products[B [Y [hB hY eA]]]|[W [B [hW hB ->]]]].
  exists Y^T, B^T; split; last by rewrite -trmx_mul -eA trmxK.
    by apply/table_turned; rewrite trmxK.
  by apply/IH; rewrite trmxK.
apply/with_last_products; exists B^T, W^T; split; first exact/IH.
  exact/table_turned.
by rewrite trmx_mul.
Qed.

Lemma reach_tableE m I l n (i : 'I_m) (j : 'I_n) : reaches (build m I l n) i j = get false (reach_table m I l n) i j.
Proof.
elim: l m I i => [|[r J] l IH] m I i //=; rewrite tabulateE //.
apply/existsP/hasP => [[k h]|[k]]; first by exists (val k); rewrite ?mem_iota ?add0n ?ltn_ord //= -IH.
by rewrite mem_iota add0n => lt h; exists (Ordinal lt); rewrite IH.
Qed.

Lemma trim_sound m I l n (A : 'M[F]_(m, n)) :
  chain_products (build m (trim_right m I l n).1 (trim_right m I l n).2 n) A <-> chain_products (build m I l n) A.
Proof.
elim: l m I A => [|[r J] l IH] m I A //=.
case e: (trim_right r J l n) => [J' l'] /=; have {}IH B := IH r J B; rewrite e /= in IH.
apply: iff_trans _ (chain_trim_products (table I : support m r) (build r J l n) A) => /=.
split=> -[W [B [hW hB ->]]]; exists W, B; split=> //; try (by apply/IH); move=> i k ns; apply: hW; move: ns;
  rewrite /table tabulateE //; congr (~~ (_ && _)).
  apply/existsP/hasP => [[j h]|[j]].
    by exists (val j); rewrite ?mem_iota ?add0n ?ltn_ord //= -reach_tableE.
  by rewrite mem_iota add0n => lt h; exists (Ordinal lt); rewrite reach_tableE.
apply/hasP/existsP => [[j]|[j h]].
  by rewrite mem_iota add0n => lt h; exists (Ordinal lt); rewrite reach_tableE.
by exists (val j); rewrite ?mem_iota ?add0n ?ltn_ord //= -reach_tableE.
Qed.

Lemma covered_table m r n (I J : seq (seq bool)) (i : 'I_m) (j : 'I_n) :
  covered (table I : support m r) (table J) predT i j = has (fun k => get false I i k && get false J k j) (iota 0 r).
Proof.
apply/existsP/hasP => [[k h]|[k]]; first by exists (val k); rewrite ?mem_iota ?add0n ?ltn_ord.
by rewrite mem_iota add0n => lt h; exists (Ordinal lt).
Qed.

Lemma matchings_give_all m r n (I J : seq (seq bool)) mu : 
  matching_cells m r n (get false I) (get false J) (fun _ _ => true) xpredT mu -> forall A : 'M[F]_(m, n),
  products (table I : support m r) (table J) A <-> respects (covered (table I : support m r) (table J) predT) A.
Proof.
case/and3P=> inST inj some; apply: (all_by_matchings (mu := fun j i => insub (get r mu j i))) => [j|i j c].
  have rep (i : 'I_m) (k : 'I_r) : insub (get r mu j i) = Some k -> get r mu j i = k.
    by case: insubP => // k' _ e [<-].
  split=> [i k /rep e|i i' k /rep e /rep e'].
    by have := implyP (forall2P inST i j); rewrite e ltn_ord => /(_ isT).
  have := implyP (forall2P inj i j); rewrite e ltn_ord => /(_ isT) same.
  by have := all_iota_lt same (ltn_ord i'); rewrite e' eqxx => /eqP/val_inj.
have cc : covers_cell r (get false I) (get false J) xpredT i j by rewrite -coversE; exact: c.
have lt := implyP (forall2P some i j) cc.
by rewrite insubT.
Qed.

Lemma fusion_sound p m I l n mu (A : 'M[F]_(m, n)) : fusion_ok p m I l n mu ->
  chain_products (build m (merge_at p m I l n).1 (merge_at p m I l n).2 n) A <-> chain_products (build m I l n) A.
Proof.
elim: p m I l A => [|p IH] m I [|[r J] l] A //=; last first.
  move=> /IH{}IH; case e: (merge_at p r J l n) IH => [J' l'] /= IH.
  by split=> -[W [B [hW hB ->]]]; exists W, B; split=> //; apply/IH.
move=> ok; have all := matchings_give_all ok.
have merged (W : 'M[F]_(m, next l n)) : respects (table (tabulate m (next l n) (fun i j => has (fun k => get false I i k && get false J k j) (iota 0 r)))) W <->
    products (table I : support m r) (table J) W.
  apply: iff_trans (iff_sym (all W)).
  by split=> h i j; have := h i j; rewrite /table tabulateE // -/(table I) -/(table J) covered_table.
case: l merged {ok all} => [|[q U] l] /= merged; first exact: merged.
split=> [[W [B [/merged[X [Y [hX hY ->]]] hB ->]]]|[W [B [hW [W' [B' [hW' hB' ->]]] ->]]]].
  by exists X, (Y *m B); split=> //; [exists Y, B | rewrite mulmxA].
exists (W *m W'), B'; split=> //; last by rewrite mulmxA.
by apply/merged; exists W, W'.
Qed.

Hypotheses (compactF : compact F) (archimedeanF : archimedean F).

Lemma peel_sound m I r J q K l n : peel_ok m r q I J (reach_table r J ((q, K) :: l) n) n ->
  closed (@chain_products F _ _ (build r J ((q, K) :: l) n)) ->
  closed (@chain_products F _ _ (build m I [:: (r, J), (q, K) & l] n)).
Proof.
move=> ok; apply: (peel compactF (S := table I : support m r) (U := table J : support r q) (C := build q K l n)).
move=> k l' /andP[/existsP[i /andP[ik il]] /existsP[j /andP[kj lj]]].
have := forall2P ok k l'.
have -> : has (fun i => get false I i k && get false I i l') (iota 0 m).
  by apply/hasP; exists (val i); rewrite ?mem_iota ?add0n ?ltn_ord //; apply/andP.
have -> : has (fun j => get false (reach_table r J ((q, K) :: l) n) k j && get false (reach_table r J ((q, K) :: l) n) l' j) (iota 0 n).
  apply/hasP; exists (val j); first by rewrite mem_iota add0n ltn_ord.
  by rewrite -!reach_tableE; apply/andP.
case/orP=> /andP[a b]; [left | right]; split=> p; apply/implyP.
- exact: (all_iota_lt a (ltn_ord p)).
- exact: (all_iota_lt b (ltn_ord p)).
- exact: (all_iota_lt a (ltn_ord p)).
- exact: (all_iota_lt b (ltn_ord p)).
Qed.

Theorem closed_chain_any t m I l n : check_closed_chain m I l n t -> closed (@chain_products F _ _ (build m I l n)).
Proof.
elim: t m I l n => [|t|t IH|t IH|p mu t IH|t IH] m I l n /=.
- by case: l => // _; apply: single.
- by case: l => [|[r J] []] //; apply: closed_any.
- case e: (turn m I l n) => [I' l'] /IH cl; apply: closed_turned cl => A.
  by have := turn_sound I l A; rewrite e.
- case e: (trim_right m I l n) => [I' l'] /IH; apply: closed_ext => A.
  by have := trim_sound I l A; rewrite e.
- case/andP=> ok; case e: (merge_at p m I l n) => [I' l'] /IH; apply: closed_ext => A.
  by have := fusion_sound A ok; rewrite e.
case: l => [|[r J] [|[q K] l]] //= /andP[ok /IH].
exact: peel_sound.
Qed.
End Soundness.
