(** * The main theorems, and what they rest on

    [Print Assumptions] answers "Closed under the global context" where a
    theorem uses no axiom. *)

From Closedness Require Import Products Structure Compactness Twins Nested Chains Linear Frames Generic Triangular DualBases Rado Types TermRank Crowded Dense Reduction Flats SolvedLines Gram Modulo Parts Regular Refutation Limit Dichotomy Examples Stored Patterns Classification Sections Witnesses Refuted ChainLimit Rules Checked ClosedChains Three RealNumbers ComplexNumbers.

Check refutes_sound.
Print Assumptions refutes_sound.
Check not_closed_any.
Print Assumptions not_closed_any.
Check not_closed_real.
Print Assumptions not_closed_real.
Check refuted_sound.
Print Assumptions refuted_sound.
Check chain_not_closed_any.
Print Assumptions chain_not_closed_any.
Check chain_not_closed_real.
Print Assumptions chain_not_closed_real.
Check proves_closed.
Print Assumptions proves_closed.

Check single.
Print Assumptions single.
Check transposed.
Print Assumptions transposed.
Check trim.
Print Assumptions trim.
Check chain_trim.
Print Assumptions chain_trim.
Check nothing.
Print Assumptions nothing.
Check extend.
Print Assumptions extend.
Check product.
Print Assumptions product.
Check full.
Print Assumptions full.
Check split.
Print Assumptions split.

Check bounded_factors.
Print Assumptions bounded_factors.
Check twins.
Print Assumptions twins.
Check crossing.
Print Assumptions crossing.
Check peel.
Print Assumptions peel.
Check chain_transposed.
Print Assumptions chain_transposed.
Check peel_last.
Print Assumptions peel_last.
Check chain_trim_last.
Print Assumptions chain_trim_last.
Check fusion.
Print Assumptions fusion.
Check linear.
Print Assumptions linear.
Check full_by_columns.
Print Assumptions full_by_columns.
Check frames.
Print Assumptions frames.
Check frames_pair.
Print Assumptions frames_pair.
Check frames_deficient.
Print Assumptions frames_deficient.
Check pinned.
Print Assumptions pinned.

Check generic.
Print Assumptions generic.
Check full_by_matchings.
Print Assumptions full_by_matchings.
Check triangular.
Print Assumptions triangular.
Check lower_upper_lower.
Print Assumptions lower_upper_lower.
Check dual_bases.
Print Assumptions dual_bases.
Check dual_bases_closed.
Print Assumptions dual_bases_closed.

Check rado.
Print Assumptions rado.
Check types.
Print Assumptions types.
Check rank_term_rank.
Print Assumptions rank_term_rank.
Check rank_generic.
Print Assumptions rank_generic.
Check row_block.
Print Assumptions row_block.
Check dense_not_closed.
Print Assumptions dense_not_closed.
Check dense_closed.
Print Assumptions dense_closed.
Check dense_criterion.
Print Assumptions dense_criterion.
Check reduction.
Print Assumptions reduction.
Check reduced_exists.
Print Assumptions reduced_exists.
Check dense_decided.
Print Assumptions dense_decided.
Check flats.
Print Assumptions flats.
Check flats_bounded.
Print Assumptions flats_bounded.
Check solved_lines.
Print Assumptions solved_lines.
Check solved_lines_closed.
Print Assumptions solved_lines_closed.
Check dense.
Print Assumptions dense.

Check dual_bases_of.
Print Assumptions dual_bases_of.
Check gram.
Print Assumptions gram.
Check tight.
Print Assumptions tight.
Check tight_rows.
Print Assumptions tight_rows.
Check either.
Print Assumptions either.
Check rank_modulo.
Print Assumptions rank_modulo.
Check onto_modulo.
Print Assumptions onto_modulo.
Check absorb.
Print Assumptions absorb.
Check absorb_second.
Print Assumptions absorb_second.
Check fusion_by_matchings.
Print Assumptions fusion_by_matchings.
Check fusion_by_row_matchings.
Print Assumptions fusion_by_row_matchings.
Check parts.
Print Assumptions parts.

Check regular.
Print Assumptions regular.
Check full_by_derivative.
Print Assumptions full_by_derivative.

Check rank_one_closed.
Print Assumptions rank_one_closed.
Check decide_lu_2.
Print Assumptions decide_lu_2.

Check minor.
Print Assumptions minor.
Check typed_inside.
Print Assumptions typed_inside.
Check everything.
Print Assumptions everything.
Check larger.
Print Assumptions larger.
Check chain_ok_closed.
Print Assumptions chain_ok_closed.
Check closed_any.
Print Assumptions closed_any.
Check closed_chain_any.
Print Assumptions closed_chain_any.
Check not_closed_3.
Print Assumptions not_closed_3.
Check classification.
Print Assumptions classification.

(** Over Coq's own real numbers and pairs of them: these use the axioms of the real numbers and classical logic. *)
Check compact_reals.
Print Assumptions compact_reals.
Check compact_complex.
Print Assumptions compact_complex.
Check archimedean_reals.
Print Assumptions archimedean_reals.
Check archimedean_complex.
Print Assumptions archimedean_complex.
Check classification_real.
Print Assumptions classification_real.
Check classification_complex.
Print Assumptions classification_complex.
