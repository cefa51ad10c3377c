-- closedness of the problem 7bca4c2ac5ce29ed997f32709a4395ae84671f46837aabdcdd6fb567a3e228b5
-- ideal of the Zariski closure of the set of products, over QQ:
-- the closure over R may be smaller, and the ideal alone does not decide closedness
W = QQ[w0x0x0, w1x0x0, w1x0x1];
A = QQ[a0x0, a0x1];
f = map(W, A, {w0x0x0*w1x0x0, w0x0x0*w1x0x1});
I = kernel f;
print toString I;
print toString {dim I, degree I};
