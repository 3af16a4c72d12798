package clients;

import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * GetCallerIdentity by aws-sdk-java v2: {@code use} with the provider that is held, {@code fresh} with
 * a new one. Region and STS endpoint are found by the SDK.
 */
public final class SdkV2 {
  private static DefaultCredentialsProvider held;

  public static void main(String[] args) throws Exception {
    Lines.serve(
        VersionInfo.SDK_VERSION,
        command -> {
          if (held == null || command.equals("fresh")) {
            held = DefaultCredentialsProvider.builder().build();
          }
          try (var sts = StsClient.builder().credentialsProvider(held).build()) {
            var region = sts.serviceClientConfiguration().region();
            return new Lines.Outcome(sts.getCallerIdentity().arn(), region.id());
          }
        });
  }
}
