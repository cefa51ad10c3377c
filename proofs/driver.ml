(* Read one certificate in the notation of the tables in Stored.v, and run the extracted checker.

   The input is the word any (not closed over all fields), real (not closed over ordered fields) or closed, the sizes
   m, r, n, the two supports and the certificate, in the last case a tree of rules; or the word chain, the word any, real
   or closed, the sizes m and n, the first support, the list of the others with their numbers of rows, and the certificate.
   The answer is one line: "proved" or "rejected". Whatever cannot be read is an error, exit code 2. Only this reader and
   OCaml itself stand between the text and what Coq proves about the programs in Extract.v. *)

open Extracted

type text = Number of string | Items of text list | Node of string * text list

exception Unreadable of string

let input =
  let buffer = Buffer.create 65_536 in
  (try while true do Buffer.add_channel buffer stdin 1 done with End_of_file -> ());
  Buffer.contents buffer

let position = ref 0
let at_end () = !position >= String.length input
let peek () = if at_end () then raise (Unreadable "the end came too early") else input.[!position]
let is_digit c = c >= '0' && c <= '9'
let is_letter c = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')

let rec blanks () =
  if not (at_end ()) then
    match peek () with
    | ' ' | '\n' | '\t' -> incr position; blanks ()
    | '%' -> (* %Z or %nat *)
      incr position;
      while (not (at_end ())) && is_letter (peek ()) do incr position done;
      blanks ()
    | _ -> ()

let word accepted =
  let first = !position in
  while (not (at_end ())) && accepted (peek ()) do incr position done;
  String.sub input first (!position - first)

let expect c =
  blanks ();
  if peek () <> c then raise (Unreadable (Printf.sprintf "%c expected at character %d" c !position));
  incr position

(* A list [a; b], a pair (a, b), a node (Name a b ...), a number or a single name. *)
let rec value () =
  blanks ();
  match peek () with
  | '[' -> incr position; Items (separated ';' ']')
  | '(' ->
    incr position;
    blanks ();
    if is_letter (peek ()) then begin
      let name = word is_letter in
      let arguments = many () in
      expect ')';
      Node (name, arguments)
    end else begin
      match separated ',' ')' with
      | [ single ] -> single
      | several -> Items several
    end
  | c when is_digit c -> Number (word is_digit)
  | '-' -> incr position; Number ("-" ^ word is_digit)
  | c when is_letter c -> Node (word is_letter, [])
  | c -> raise (Unreadable (Printf.sprintf "%C at character %d" c !position))

and separated between last =
  blanks ();
  if peek () = last then (incr position; [])
  else
    let first = value () in
    blanks ();
    if peek () = between then (incr position; first :: separated between last)
    else (expect last; [ first ])

and many () =
  blanks ();
  if peek () = ')' then [] else let first = value () in first :: many ()

let rec natural_of n = if n <= 0 then O else S (natural_of (n - 1))

(* Numbers of the certificate may be long: decimal digits are put together with the extracted arithmetic's own type. *)
let positive_of_digits digits =
  let halve digits =
    let rest = ref 0 in
    let half = String.map (fun c ->
      let value = (10 * !rest) + (Char.code c - 48) in
      rest := value mod 2;
      Char.chr (48 + (value / 2))) digits in
    (half, !rest) in
  let is_zero = String.for_all (fun c -> c = '0') in
  let rec build digits =
    let half, bit = halve digits in
    if is_zero half then XH else if bit = 1 then XI (build half) else XO (build half) in
  if is_zero digits then Z0 else Zpos (build digits)

let integer = function
  | Number text when text <> "" && text <> "-" ->
    if text.[0] = '-' then
      match positive_of_digits (String.sub text 1 (String.length text - 1)) with
      | Zpos p -> Zneg p
      | other -> other
    else positive_of_digits text
  | _ -> raise (Unreadable "an integer is expected")

let largest = 100_000

let natural = function
  | Number text when text <> "" && String.length text <= 6 && text.[0] <> '-' && int_of_string text <= largest ->
    natural_of (int_of_string text)
  | _ -> raise (Unreadable "a small number is expected")

let items f = function Items parts -> List.map f parts | _ -> raise (Unreadable "a list is expected")
let pair f g = function Items [ a; b ] -> (f a, g b) | _ -> raise (Unreadable "a pair is expected")
let poly = items (pair integer (items natural))
let combination = items (pair natural poly)
let ztable = items (items integer)

let truth = function
  | Node ("true", []) -> true
  | Node ("false", []) -> false
  | _ -> raise (Unreadable "true or false is expected")

let rec refutation = function
  | Node ("RClose", [ terms; c; units ]) -> RClose (combination terms, integer c, items natural units)
  | Node ("RSplit", [ p; zero; other ]) -> RSplit (poly p, refutation zero, refutation other)
  | Node ("RDerive", [ terms; next ]) -> RDerive (combination terms, refutation next)
  | Node ("RCloseSquares", [ terms; c; units; squares ]) ->
    RCloseSquares (combination terms, integer c, items natural units, items (pair integer poly) squares)
  | _ -> raise (Unreadable "a refutation is expected")

let certificate = function
  | Node ("Certificate", [ denominator; numerators; pole; scale; left; right; proof ]) ->
    { denominator = integer denominator;
      numerators = items (items integer) numerators;
      pole = natural pole;
      scale = integer scale;
      left_curve = items (items (items integer)) left;
      right_curve = items (items (items integer)) right;
      proof = refutation proof }
  | _ -> raise (Unreadable "a certificate is expected")


let span = function
  | Node ("Span", [ scale; equations; vectors ]) ->
    { span_scale = integer scale; span_equations = ztable equations; span_vectors = ztable vectors }
  | _ -> raise (Unreadable "a span is expected")

let spans = items span

let ranks = function
  | Node ("FewLeft", []) -> FewLeft
  | Node ("FewRight", []) -> FewRight
  | Node ("Small", [ q; c; p; r ]) -> Small (natural q, integer c, ztable p, ztable r)
  | Node ("Large", [ q; c; p; r ]) -> Large (natural q, integer c, ztable p, ztable r)
  | _ -> raise (Unreadable "ranks are expected")

let rec frames = function
  | Node ("FTightLeft", [ k; w; a; others; next ]) ->
    FTightLeft (items natural k, ztable w, spans a, items natural others, frames next)
  | Node ("FTightRight", [ k; w; a; others; next ]) ->
    FTightRight (items natural k, ztable w, spans a, items natural others, frames next)
  | Node ("FEither", [ k; l; u; v; a; b; c; p; q; first; other ]) ->
    FEither (natural k, natural l, ztable u, ztable v, span a, span b, integer c, ztable p, ztable q, frames first, frames other)
  | Node ("FGram", [ k; l; u; v; a; b; w ]) ->
    FGram (items natural k, items natural l, ztable u, ztable v, spans a, spans b, ranks w)
  | _ -> raise (Unreadable "frames are expected")

let rec refuted = function
  | Node ("PTurn", [ next ]) -> PTurn (refuted next)
  | Node ("PBlock", [ rows; columns; next ]) -> PBlock (items natural rows, items natural columns, refuted next)
  | Node ("PGather", [ size; places; next ]) -> PGather (natural size, items natural places, refuted next)
  | Node ("PRank", [ q; c; l; r ]) -> PRank (natural q, integer c, ztable l, ztable r)
  | Node ("PFrames", [ c; left; right; a; l; b; r; next ]) ->
    PFrames (integer c, ztable left, ztable right, integer a, ztable l, integer b, ztable r, frames next)
  | Node ("PPinned", [ columns; groups; i; j ]) ->
    let rank = function
      | Items [ Items [ c; l ]; r ] -> ((integer c, ztable l), ztable r)
      | _ -> raise (Unreadable "a rank is expected") in
    PPinned (items natural columns, items (pair (items natural) rank) groups, natural i, natural j)
  | _ -> raise (Unreadable "a refutation of two factors is expected")

let rec no_chain = function
  | Node ("NMerge", [ place; next ]) -> NMerge (natural place, no_chain next)
  | Node ("NEquations", [ next ]) -> NEquations (refutation next)
  | Node ("NPair", [ next ]) -> NPair (refuted next)
  | _ -> raise (Unreadable "a refutation of a chain is expected")

let chain_certificate = function
  | Node ("ChainCertificate", [ denominator; numerators; pole; scale; curve; proof ]) ->
    { chain_denominator = integer denominator;
      chain_numerators = ztable numerators;
      chain_pole = natural pole;
      chain_scale = integer scale;
      chain_curve = items (items (items (items integer))) curve;
      chain_proof = no_chain proof }
  | _ -> raise (Unreadable "a certificate of a chain is expected")

(* The sections of Rules.v are not read: no certificate is translated to them. *)
let rec tree = function
  | Node ("RCrossing", []) -> RCrossing
  | Node ("RTurn", [ next ]) -> RTurn (tree next)
  | Node ("RMatchings", [ hidden; mates; next ]) ->
    RMatchings (items natural hidden, items (items natural) mates, tree next)
  | Node ("RSplit", [ parts; places; left; right; next ]) ->
    (* the extraction names it so, as refutations have an RSplit of their own *)
    RSplit0 (natural parts, items natural places, items (items truth) left, items (items truth) right, tree next)
  | Node ("RProduct", [ hidden; first; other ]) -> RProduct (items natural hidden, tree first, tree other)
  | Node ("RCovered", [ next ]) -> RCovered (tree next)
  | Node ("RTwins", [ others; twins; kept; terms; lines; next ]) ->
    RTwins (items natural others, items natural twins, natural kept, items natural terms, items natural lines, tree next)
  | Node ("RExtend", [ rows; left; columns; right; next ]) ->
    RExtend (natural rows, items (items truth) left, natural columns, items (items truth) right, tree next)
  | Node ("RRegular", [ hidden; left; right; moves; next ]) ->
    let direction = function
      | Items [ Items [ c; first ]; second ] -> ((integer c, ztable first), ztable second)
      | _ -> raise (Unreadable "a direction is expected") in
    RRegular (items natural hidden, ztable left, ztable right, items (items direction) moves, tree next)
  | Node ("RDualBases", [ hidden ]) -> RDualBases (items natural hidden)
  | _ -> raise (Unreadable "a tree of rules is expected")

let rec chain_tree = function
  | Node ("CSingle", []) -> CSingle
  | Node ("CPair", [ next ]) -> CPair (tree next)
  | Node ("CTurn", [ next ]) -> CTurn (chain_tree next)
  | Node ("CTrim", [ next ]) -> CTrim (chain_tree next)
  | Node ("CFusion", [ place; mates; next ]) -> CFusion (natural place, items (items natural) mates, chain_tree next)
  | Node ("CPeel", [ next ]) -> CPeel (chain_tree next)
  | _ -> raise (Unreadable "a tree of rules for a chain is expected")

let table = items (items truth)

let claim () =
  match value () with
  | Node (("any" | "real" | "closed") as name, []) -> name
  | _ -> raise (Unreadable "any, real or closed is expected")

let last () =
  let proof = value () in
  blanks ();
  if not (at_end ()) then raise (Unreadable "something follows the certificate");
  proof

let pair_of_factors claim m =
  let r = natural (value ()) in
  let n = natural (value ()) in
  let left = table (value ()) in
  let right = table (value ()) in
  let proof = last () in
  if claim = "closed" then check_closed m r n left right (tree proof)
  else check (claim = "real") m r n left right (certificate proof)

let chain_of_factors claim m =
  let n = natural (value ()) in
  let first = table (value ()) in
  let links = items (pair natural table) (value ()) in
  let proof = last () in
  if claim = "closed" then check_closed_chain m first links n (chain_tree proof)
  else check_chain (claim = "real") m first links n (chain_certificate proof)

let () =
  try
    let accepted =
      match value () with
      | Node ("chain", []) -> let name = claim () in chain_of_factors name (natural (value ()))
      | _ -> position := 0; let name = claim () in pair_of_factors name (natural (value ())) in
    if accepted then print_endline "proved"
    else (print_endline "rejected"; exit 1)
  with
  | Unreadable reason -> prerr_endline ("cannot be read: " ^ reason); exit 2
  | Stack_overflow -> prerr_endline "cannot be read: nested too deeply"; exit 2
