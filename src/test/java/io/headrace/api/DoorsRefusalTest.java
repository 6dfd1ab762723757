package io.headrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.generation.Failure;
import io.headrace.intake.Answer;
import io.headrace.intake.GenerationPiece;
import io.headrace.intake.Rejection;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers are told that ask for what cannot be, and of what fails. */
final class DoorsRefusalTest extends OpenDoors {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{'messages':[]} ~ messages ~ invalid_value",
        "{'messages':'x'} ~ messages ~ invalid_value",
        "{'messages':[{'role':'king','content':'x'}]} ~ messages[0].role ~ invalid_value",
        "{'messages':[{'role':'user'}]} ~ messages[0].content ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'temperature':3} ~ temperature ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'temperature':'hot'} ~ temperature ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'max_tokens':0} ~ max_tokens ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'max_tokens':1.5} ~ max_tokens ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'top_p':1.1} ~ top_p ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'n':0} ~ n ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'stop':['']} ~ stop ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'logit_bias':{'a':1}} ~ logit_bias ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'logit_bias':{'1':101}} ~ logit_bias.1 ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'top_logprobs':2} ~ top_logprobs ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'stream_options':{}} ~ stream_options ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'frobnicate':1} ~ frobnicate ~ invalid_value",
        "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]} ~ messages[0].content[0].type ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'tools':[{}]} ~ tools ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'response_format':{'type':'json_object'}} ~ response_format ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'decoding':'lucky'} ~ decoding ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'decoding':7} ~ decoding ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{}} ~ decoding.strategy ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'lucky'}} ~ decoding.strategy ~ unsupported_parameter",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'ngram','most_drafted':0}} ~ decoding.most_drafted ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'ngram','most_drafted':true}} ~ decoding.most_drafted ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'plain','most_drafted':4}} ~ decoding.most_drafted ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'ngram','depth':4}} ~ decoding.depth ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'fusion','base':'b','experts':[7]}} ~ decoding.experts ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'fusion','base':'b','experts':['x'],'alpha':'much'}} ~ decoding.alpha ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'cascade','judge':'self'}} ~ decoding.small ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'decoding':{'strategy':'specdec','stop':'never'}} ~ decoding.stop ~ invalid_value",
        "{'messages':[{'role':'user','content':'x'}],'model':'nope'} ~ model ~ model_not_found",
      })
  void aBadFieldIsRefusedByName(String body, String param, String code) throws Exception {
    HttpResponse<String> answer = post("/v1/chat/completions", body.strip());
    assertEquals(code.strip().equals("model_not_found") ? 404 : 400, answer.statusCode(), answer.body());
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertEquals(param.strip(), error.get("param").asText(), answer.body());
    assertEquals(code.strip(), error.get("code").asText());
    assertEquals("invalid_request_error", error.get("type").asText());
    assertFalse(error.get("message").asText().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'a':", "[1]", "nothing", "{'a':1}{'b':2}", "{'a':1,'a':2}", "{'a':NaN}", ""})
  void brokenJsonIsA400ThatSaysWhere(String body) throws Exception {
    HttpResponse<String> answer = post("/v1/chat/completions", body);
    assertEquals(400, answer.statusCode());
    assertEquals("invalid_json", JSON.readTree(answer.body()).at("/error/code").asText());
  }

  @Test
  void nestingBombsAreRefused() throws Exception {
    HttpResponse<String> answer = post("/v1/chat/completions", "[".repeat(2000));
    assertEquals(400, answer.statusCode());
  }

  @Test
  void aBodyOverTheLimitIsA413() throws Exception {
    HttpResponse<String> answer = post("/v1/completions", "{'prompt':'" + "x".repeat(5000) + "'}");
    assertEquals(413, answer.statusCode());
    assertEquals("request_too_large", JSON.readTree(answer.body()).at("/error/code").asText());
  }

  @Test
  void unknownRoutesWrongMethodsAndMediaTypesAreJson() throws Exception {
    assertEquals("404 not_found", brief(send("GET", "/v1/nothing", null, "application/json")));
    assertEquals("405 method_not_allowed", brief(send("GET", "/v1/completions", null, "application/json")));
    assertEquals("405 method_not_allowed", brief(send("DELETE", "/health", null, "application/json")));
    assertEquals("415 unsupported_media_type", brief(send("POST", "/v1/completions", "{}", "text/xml")));
    assertEquals("404 model_not_found", brief(send("GET", "/v1/models/none", null, "application/json")));
  }

  @Test
  void theWindowErrorStatesBothNumbers() throws Exception {
    desk.script = _ -> Answer.refused(new Rejection.PromptTooLong("max_tokens", 100, 50, 128));
    HttpResponse<String> answer = post("/v1/completions", "{'prompt':'x'}");
    assertEquals("400 context_length_exceeded", brief(answer));
    assertTrue(answer.body().contains("128") && answer.body().contains("150"), answer.body());
  }

  @Test
  void overloadTellsWhenToComeBack() throws Exception {
    desk.script = _ -> Answer.refused(new Rejection.Overloaded(Duration.ofSeconds(7)));
    HttpResponse<String> answer = post("/v1/completions", "{'prompt':'x'}");
    assertEquals("503 server_is_overloaded", brief(answer));
    assertEquals("7", answer.headers().firstValue("retry-after").orElseThrow());
    assertEquals("7000", answer.headers().firstValue("retry-after-ms").orElseThrow());
  }

  @Test
  void aFailureInAStartedStreamIsAnErrorEventWithoutTheEndMarker() throws Exception {
    desk.script = _ -> Answer.of(List.of(StubDesk.hello().getFirst(), new GenerationPiece.Fault(new Failure.Internal("broken"))));
    List<String> data = events("/v1/completions", "{'prompt':'x','stream':true}");
    assertEquals("broken", JSON.readTree(data.getLast()).at("/error/message").asText());
  }
}
