// GetCallerIdentity by the AWS SDK for JavaScript v3: `use` with the client that is held and its default
// chain, `fresh` with a new one.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { MetadataService } from '@aws-sdk/ec2-metadata-service';
import { serve } from './lines.js';

let held = null;

await serve('@aws-sdk/client-sts', async (command) => {
  const region = process.env.AWS_REGION ?? (await askRegion());
  if (held === null || command === 'fresh') held = new STSClient({ region });
  const { Arn } = await held.send(new GetCallerIdentityCommand({}));
  return { arn: Arn, region };
});

function askRegion() {
  return new MetadataService().request('/latest/meta-data/placement/region', {});
}
