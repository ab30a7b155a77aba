import sys, unicodedata
def ranges(pred):
    out=[];start=None
    for c in range(0x110000):
        p=pred(c)
        if p and start is None: start=c
        if not p and start is not None: out.append((start,c)); start=None
    if start is not None: out.append((start,0x110000))
    return out
def b36(n):
    s=''
    while True:
        s='0123456789abcdefghijklmnopqrstuvwxyz'[n%36]+s; n//=36
        if n==0: return s
def enc(r):
    out=[];last=0
    for a,b in r:
        out+= [b36(a-last), b36(b-a)]; last=b
    return ' '.join(out)
np=ranges(lambda c: not chr(c).isprintable())
cased=ranges(lambda c: c>127 and not 0xd800<=c<0xe000 and (chr(c).lower()!=chr(c) or chr(c).upper()!=chr(c) or chr(c).title()!=chr(c) or chr(c).islower() or chr(c).isupper() or chr(c).istitle() or chr(c).casefold()!=chr(c)))
print(unicodedata.unidata_version,len(enc(np)),len(enc(cased)),file=sys.stderr)
def lines(s):
    words=s.split(' ');cur='';res=[]
    for w in words:
        if len(cur)+len(w)+1>84: res.append(cur); cur=''
        cur+=w+' '
    res.append(cur)
    return '\n'.join('          '+l.rstrip()+' ' if False else '          '+l.strip() for l in res)
print('''package plumbline.engine.template;

import java.util.StringTokenizer;

/// A fixed set of Unicode code points. The two sets are pinned tables of Unicode %s, not those
/// of whichever JDK runs (spec/template.md J14, J15). They are what CPython 3.13 says of each code
/// point, written as runs: the gap since the last run and the length of the run, in base 36.
final class CodePointSet {
  /// Code points that Python's `repr` escapes: `str.isprintable` is false.
  static final CodePointSet UNPRINTABLE =
      new CodePointSet(
          """
%s
          """);

  /// Code points outside ASCII that have a case or that any change of case alters.
  static final CodePointSet CASED =
      new CodePointSet(
          """
%s
          """);

  private final int[] bounds;

  private CodePointSet(String runs) {
    StringTokenizer words = new StringTokenizer(runs);
    bounds = new int[words.countTokens()];
    int at = 0;
    for (int i = 0; i < bounds.length; i++) {
      at += Integer.parseInt(words.nextToken(), 36);
      bounds[i] = at;
    }
  }

  boolean contains(int codePoint) {
    int low = 0;
    int high = bounds.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (bounds[middle] <= codePoint) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    // `low` bounds lie at or below the code point; an odd number of them means inside a run.
    return (low & 1) == 1;
  }
}''' % (unicodedata.unidata_version, lines(enc(np)), lines(enc(cased))))
