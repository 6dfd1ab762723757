package io.headrace.text.jinja;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Dates by C's format codes, in English, as Python's {@code strftime} writes a time without a zone.
 */
final class StrfTime {
  private StrfTime() {}

  static String format(Run run, String format, LocalDateTime time) {
    TextBuilder out = new TextBuilder(run);
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char code = format.charAt(++i);
      boolean bare = code == '-' && i + 1 < format.length();
      if (bare) {
        code = format.charAt(++i);
      }
      String text = field(run, code, time);
      if (text == null) {
        out.append(bare ? "%-" : "%").append(code);
      } else {
        out.append(bare ? withoutPadding(text) : text);
      }
    }
    return out.toString();
  }

  private static String withoutPadding(String text) {
    int start = 0;
    while (start < text.length() - 1 && (text.charAt(start) == '0' || text.charAt(start) == ' ')
        && Character.isDigit(text.charAt(start + 1))) {
      start++;
    }
    return text.substring(start);
  }

  private static @Nullable String field(Run run, char code,
      LocalDateTime time) {
    return switch (code) {
      case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH)
          .substring(0, 3);
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'c' -> format(run, "%a %b %e %H:%M:%S %Y", time);
      case 'C' -> two(time.getYear() / 100);
      case 'd' -> two(time.getDayOfMonth());
      case 'D', 'x' -> format(run, "%m/%d/%y", time);
      case 'e' -> (time.getDayOfMonth() < 10 ? " " : "") + time.getDayOfMonth();
      case 'f' -> "%06d".formatted(time.getNano() / 1_000);
      case 'F' -> format(run, "%Y-%m-%d", time);
      case 'G' -> Integer.toString(time.get(IsoFields.WEEK_BASED_YEAR));
      case 'H' -> two(time.getHour());
      case 'I' -> two((time.getHour() + 11) % 12 + 1);
      case 'j' -> "%03d".formatted(time.getDayOfYear());
      case 'm' -> two(time.getMonthValue());
      case 'M' -> two(time.getMinute());
      case 'n' -> "\n";
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'r' -> format(run, "%I:%M:%S %p", time);
      case 'R' -> format(run, "%H:%M", time);
      case 'S' -> two(time.getSecond());
      case 't' -> "\t";
      case 'T', 'X' -> format(run, "%H:%M:%S", time);
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'U' -> two(week(time, time.getDayOfWeek().getValue() % 7));
      case 'V' -> two(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'W' -> two(week(time, time.getDayOfWeek().getValue() - 1));
      case 'y' -> two(time.getYear() % 100);
      case 'Y' -> Integer.toString(time.getYear());
      case 'z', 'Z' -> "";
      case '%' -> "%";
      default -> null;
    };
  }

  /** Full weeks of the year so far, for a week that starts so many days before this one. */
  private static int week(LocalDateTime time, int daysIntoWeek) {
    long days = ChronoUnit.DAYS.between(time.toLocalDate().withDayOfYear(1), time.toLocalDate());
    return (int) (days + 7 - daysIntoWeek) / 7;
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : Integer.toString(number);
  }
}
