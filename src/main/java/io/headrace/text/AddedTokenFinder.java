package io.headrace.text;

import io.headrace.text.TokenizerParts.AddedToken;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds tokens that stand in a text as they are: at the leftmost place, the longest of those that
 * begin there. A trie over chars; a search costs at most the text's length times the longest
 * token's. Immutable.
 */
final class AddedTokenFinder {
  private final Node root = new Node();
  private final BitSet firstChars = new BitSet();

  private static final class Node {
    final Map<Character, Node> next = new HashMap<>();
    @Nullable AddedToken token;
  }

  /**
   * Where a token stands: the text from {@code start} to {@code end} is the token with the white
   * space that belongs to it.
   */
  record Found(int id, int start, int end) {}

  AddedTokenFinder(List<AddedToken> tokens) {
    for (var token : tokens) {
      var node = root;
      for (char c : token.text().toCharArray()) {
        node = node.next.computeIfAbsent(c, unused -> new Node());
      }
      if (node.token == null) {
        node.token = token;
      }
      firstChars.set(token.text().charAt(0));
    }
  }

  /** The next token at or after {@code from}; null when there is none. */
  @Nullable Found next(String text, int from) {
    for (int start = from; start < text.length(); start++) {
      if (firstChars.get(text.charAt(start))) {
        var token = longestAt(text, start);
        if (token != null) {
          return withSpace(text, from, start, token);
        }
      }
    }
    return null;
  }

  private @Nullable AddedToken longestAt(String text, int start) {
    AddedToken longest = null;
    var node = root;
    for (int i = start; i < text.length(); i++) {
      node = node.next.get(text.charAt(i));
      if (node == null) {
        break;
      }
      if (node.token != null) {
        longest = node.token;
      }
    }
    return longest;
  }

  private static Found withSpace(String text, int from, int at, AddedToken token) {
    int start = at;
    int end = at + token.text().length();
    while (token.takesSpaceBefore() && start > from && isWhiteSpace(text.charAt(start - 1))) {
      start--;
    }
    while (token.takesSpaceAfter() && end < text.length() && isWhiteSpace(text.charAt(end))) {
      end++;
    }
    return new Found(token.id(), start, end);
  }

  /** Unicode's White_Space, all of it in the basic plane; Java's own two notions differ from it. */
  private static boolean isWhiteSpace(char c) {
    return Character.isSpaceChar(c) || (c >= 0x09 && c <= 0x0D) || c == 0x85;
  }
}
