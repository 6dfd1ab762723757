package io.headrace.decode;

import java.util.Arrays;

/**
 * Where the last tokens of a text stood before, longest match first. Grows with the text, a token in constant time, and can be cut back.
 *
 * <p>As in the match finders of LZ77 compressors: every position hangs in a chain of those before which the same few tokens stand, the
 * latest first, and a search compares backwards along the chain. So any length of match is found with one table, and a text that is
 * wholly repetition costs no more than one that has none, for only the last {@link #LOOKS} places are compared.
 *
 * <p>Thread: engine thread; memory grows by doubling, nothing else is allocated.
 *
 * @see <a href="https://doi.org/10.1109/TIT.1977.1055714">Ziv and Lempel, sequential data compression</a>
 */
final class NgramIndex {
  /** Places compared by one search at most. */
  static final int LOOKS = 24;

  private final int shortest;
  private final int longest;

  private int[] tokens = new int[256];
  private int size;

  /** By hash of the tokens before a position: the latest such position; 0 for none. Length a power of two, at least {@link #tokens}. */
  private int[] heads = new int[256];

  /** By position: the one before it in its chain; 0 for none. */
  private int[] before = new int[256];

  private final int[] places;
  private final int[] lengths;
  private int found;

  /**
   * @param shortest tokens that must be equal, at least 1
   * @param longest tokens compared, at least {@code shortest}
   * @param branches matches with different next tokens that a search keeps at most
   */
  NgramIndex(int shortest, int longest, int branches) {
    this.shortest = shortest;
    this.longest = longest;
    places = new int[branches];
    lengths = new int[branches];
  }

  int size() {
    return size;
  }

  int token(int index) {
    return tokens[index];
  }

  /** Adds all of the sequence that is not here yet. */
  void extend(SequenceView sequence) {
    for (int i = size; i < sequence.size(); i++) add(sequence.token(i));
  }

  /** Adds the next token of the text. */
  void add(int token) {
    if (size == tokens.length) enlarge();
    tokens[size] = token;
    if (size >= shortest) hang(size);
    size++;
  }

  /** Forgets all but the first {@code length} tokens. */
  void cut(int length) {
    while (size > Math.max(0, length)) {
      size--;
      // The latest position of a chain is its head, so chains come apart in the order in which they grew.
      if (size >= shortest) heads[hash(size)] = before[size];
    }
  }

  /**
   * Looks for places before which the text's last tokens stand.
   *
   * @return how many were found, each with another next token; longest match first, of equal ones the latest
   */
  int search() {
    found = 0;
    if (size < shortest) return 0;
    int place = heads[hash(size)];
    for (int looks = 0; place > 0 && looks < LOOKS; looks++, place = before[place]) {
      int length = common(place);
      if (length < shortest) continue; // another gram of the same hash
      keep(place, length);
      if (length == longest) break;
    }
    return found;
  }

  /** What stood at the place of match {@code i}, {@code ahead} tokens after the match; a place inside the text. */
  int place(int i) {
    return places[i];
  }

  /** Equal tokens of match {@code i}. */
  int length(int i) {
    return lengths[i];
  }

  /** Sorts a match in; of those with one next token the longest stays, of equal lengths the latest. */
  private void keep(int place, int length) {
    int next = tokens[place];
    int at = 0;
    while (at < found && tokens[places[at]] != next) at++;
    if (at < found && lengths[at] >= length) return;
    if (at == found) {
      if (found == places.length) {
        if (lengths[--at] >= length) return;
      } else {
        found++;
      }
    }
    while (at > 0 && lengths[at - 1] < length) {
      places[at] = places[at - 1];
      lengths[at] = lengths[at - 1];
      at--;
    }
    places[at] = place;
    lengths[at] = length;
  }

  /** Equal tokens before {@code place} and before the text's end. */
  private int common(int place) {
    int most = Math.min(longest, place);
    int length = 0;
    while (length < most && tokens[place - 1 - length] == tokens[size - 1 - length]) length++;
    return length;
  }

  private void hang(int position) {
    int hash = hash(position);
    before[position] = heads[hash];
    heads[hash] = position;
  }

  /** Of the tokens before {@code position}. */
  private int hash(int position) {
    int hash = 0;
    for (int i = position - shortest; i < position; i++) hash = (hash ^ tokens[i]) * 0x9E3779B1;
    return (hash ^ hash >>> 15) & heads.length - 1;
  }

  private void enlarge() {
    tokens = Arrays.copyOf(tokens, size * 2);
    before = new int[size * 2];
    heads = new int[size * 2];
    for (int position = shortest; position < size; position++) hang(position);
  }
}
