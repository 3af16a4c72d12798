package clients;

import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.regions.DefaultAwsRegionProviderChain;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;
import com.amazonaws.util.VersionInfoUtils;

/**
 * GetCallerIdentity by aws-sdk-java v1: {@code use} with the provider that is held, {@code fresh} when
 * it has fetched anew. The region is found by the SDK.
 */
public final class SdkV1 {
  private static final DefaultAWSCredentialsProviderChain held =
      new DefaultAWSCredentialsProviderChain();

  public static void main(String[] args) throws Exception {
    Lines.serve(
        VersionInfoUtils.getVersion(),
        command -> {
          if (command.equals("fresh")) {
            held.refresh();
          }
          var region = new DefaultAwsRegionProviderChain().getRegion();
          var endpoint = new EndpointConfiguration(System.getenv("AWS_ENDPOINT_URL_STS"), region);
          var sts =
              AWSSecurityTokenServiceClientBuilder.standard()
                  .withCredentials(held)
                  .withEndpointConfiguration(endpoint)
                  .build();
          try {
            var answer = sts.getCallerIdentity(new GetCallerIdentityRequest());
            return new Lines.Outcome(answer.getArn(), region);
          } finally {
            sts.shutdown();
          }
        });
  }
}
