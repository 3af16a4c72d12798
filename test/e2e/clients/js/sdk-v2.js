// GetCallerIdentity by the AWS SDK for JavaScript v2: `use` with the credentials that are held, `fresh`
// with new ones of the default chain.
import AWS from 'aws-sdk';
import { serve } from './lines.js';

const endpoint = process.env.AWS_ENDPOINT_URL_STS;
let held = null;

await serve('aws-sdk', async (command) => {
  const region = process.env.AWS_REGION ?? (await askRegion());
  if (held === null || command === 'fresh') held = await new AWS.CredentialProviderChain().resolvePromise();
  const sts = new AWS.STS({ region, endpoint, credentials: held });
  const { Arn } = await sts.getCallerIdentity().promise();
  return { arn: Arn, region };
});

function askRegion() {
  return new Promise((resolve, reject) => {
    new AWS.MetadataService().fetchMetadataToken((noToken, token) => {
      if (noToken) return reject(noToken);
      const headers = { 'x-aws-ec2-metadata-token': token };
      new AWS.MetadataService().request('/latest/meta-data/placement/region', { headers }, (error, region) =>
        error ? reject(error) : resolve(region),
      );
    });
  });
}
