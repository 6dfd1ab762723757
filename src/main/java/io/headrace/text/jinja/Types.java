package io.headrace.text.jinja;

import java.math.BigInteger;

/** Python's names of types, for messages. */
final class Types {
  private Types() {}

  static String name(Object value) {
    return switch (value) {
      case String s -> "str";
      case Boolean b -> "bool";
      case Long l -> "int";
      case BigInteger b -> "int";
      case Double d -> "float";
      case None n -> "NoneType";
      case Undefined u -> "Undefined";
      case ListValue list -> list.tuple() ? "tuple" : "list";
      case Group g -> "tuple";
      case Dict d -> "dict";
      case DictView view -> switch (view.kind()) {
        case KEYS -> "dict_keys";
        case VALUES -> "dict_values";
        case ITEMS -> "dict_items";
      };
      case Range r -> "range";
      case Stream s -> "generator";
      case Namespace n -> "Namespace";
      case Macro m -> "Macro";
      case LoopState l -> "LoopContext";
      default -> "function";
    };
  }
}
