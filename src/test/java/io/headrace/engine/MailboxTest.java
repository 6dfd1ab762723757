package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.RequestId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MailboxTest {
  private final Mailbox mailbox = new Mailbox();

  @Test
  void messagesArriveInTheirOrder() {
    List<EngineMessage> seen = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      seen.clear();
      for (int i = 0; i < 4; i++) assertTrue(mailbox.post(message(i)));
      assertFalse(mailbox.isEmpty());
      mailbox.drainTo(seen::add);
      assertTrue(mailbox.isEmpty());
      assertEquals(List.of(message(0), message(1), message(2), message(3)), seen);
    }
  }

  @Test
  void aClosedMailboxTakesNothingAndGivesBackWhatItHas() {
    mailbox.post(message(0));
    assertEquals(List.of(message(0)), mailbox.close());
    assertFalse(mailbox.post(message(1)));
    assertEquals(List.of(), mailbox.close());
  }

  @Test
  void aMessageThatThrowsLosesNoneAfterIt() {
    for (int i = 0; i < 3; i++) mailbox.post(message(i));
    assertThrows(
        IllegalStateException.class,
        () ->
            mailbox.drainTo(
                message -> {
                  mailbox.post(message(3)); // comes while the others are drained
                  throw new IllegalStateException(message.toString());
                }));
    assertEquals(List.of(message(1), message(2), message(3)), mailbox.close());
  }

  private static EngineMessage message(int number) {
    return new EngineMessage.Cancel(new RequestId("m" + number));
  }
}
