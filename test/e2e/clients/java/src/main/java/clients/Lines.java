package clients;

import java.io.BufferedReader;
import java.io.InputStreamReader;

/** The programs' common loop: a line in, the command; a line out, the outcome as JSON. */
final class Lines {
  record Outcome(String arn, String region) {}

  interface Answer {
    Outcome to(String command) throws Exception;
  }

  private Lines() {}

  static void serve(String version, Answer answer) throws Exception {
    System.out.println("{\"ready\":true,\"version\":\"" + version + "\"}");
    var input = new BufferedReader(new InputStreamReader(System.in));
    for (String command; (command = input.readLine()) != null; ) {
      try {
        Outcome outcome = answer.to(command);
        System.out.println(
            "{\"arn\":\"" + outcome.arn() + "\",\"region\":\"" + outcome.region() + "\"}");
      } catch (Exception error) {
        System.out.println("{\"error\":\"" + escape(error.toString()) + "\"}");
      }
    }
  }

  private static String escape(String text) {
    return text.replaceAll("[\\s\\p{Cntrl}]+", " ").replace("\\", "\\\\").replace("\"", "\\\"");
  }
}
