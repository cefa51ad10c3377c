(* Read one certificate in the notation of the tables in Stored.v, and run the extracted checker.

   The input are the sizes m, r, n, the word any (not closed over all fields), real (not closed over ordered fields) or
   closed, the two supports and the certificate, in the last case a tree of rules. The answer is one line: "proved" or "rejected". Whatever cannot be read is an error, exit code 2.
   Only this reader and OCaml itself stand between the text and what Coq proves about [check] and [check_closed]. *)

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
  | _ -> raise (Unreadable "a tree of rules is expected")

let () =
  try
    let m = natural (value ()) in
    let r = natural (value ()) in
    let n = natural (value ()) in
    let claim = match value () with
      | Node (("any" | "real" | "closed") as name, []) -> name
      | _ -> raise (Unreadable "any, real or closed is expected") in
    let left = items (items truth) (value ()) in
    let right = items (items truth) (value ()) in
    let proof = value () in
    blanks ();
    if not (at_end ()) then raise (Unreadable "something follows the certificate");
    let accepted =
      if claim = "closed" then check_closed m r n left right (tree proof)
      else check (claim = "real") m r n left right (certificate proof) in
    if accepted then print_endline "proved"
    else (print_endline "rejected"; exit 1)
  with
  | Unreadable reason -> prerr_endline ("cannot be read: " ^ reason); exit 2
  | Stack_overflow -> prerr_endline "cannot be read: nested too deeply"; exit 2
