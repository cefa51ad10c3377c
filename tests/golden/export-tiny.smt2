; closedness of the problem 7bca4c2ac5ce29ed997f32709a4395ae84671f46837aabdcdd6fb567a3e228b5
; over the real numbers
; satisfiable exactly when the set of products is not closed
(set-logic NRA)
(declare-const a_0_0 Real)
(declare-const a_0_1 Real)
(assert (forall ((w0_0_0 Real) (w1_0_0 Real) (w1_0_1 Real)) (or (not (= (* w0_0_0 w1_0_0) a_0_0)) (not (= (* w0_0_0 w1_0_1) a_0_1)))))
(assert (forall ((eps Real)) (or (not (< 0.0 eps)) (exists ((u0_0_0 Real) (u1_0_0 Real) (u1_0_1 Real)) (and (< (* u0_0_0 u1_0_0) (+ a_0_0 eps)) (< a_0_0 (+ (* u0_0_0 u1_0_0) eps)) (< (* u0_0_0 u1_0_1) (+ a_0_1 eps)) (< a_0_1 (+ (* u0_0_0 u1_0_1) eps)))))))
(check-sat)
