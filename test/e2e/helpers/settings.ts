// Where the real-cluster suite runs, from the environment, so that any cluster will do: a set of
// plain processes, kind on a hosted runner, or a real EKS.
import assert from 'node:assert/strict';

function required(name: string, meaning: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set (${meaning}); see CONTRIBUTING.md, "The real-cluster suite"`);
  return value;
}

/** What is required is asked for when it is used: not every suite needs a cluster. */
export const settings = {
  get kubeconfig() {
    return required('KUBECONFIG', 'the cluster to test on; the suite installs and removes pod-iam there');
  },
  /** An address of this machine that pods can reach: the stand-ins for AWS listen there. */
  get host() {
    return required('POD_IAM_E2E_HOST', 'an address of this machine that pods of the cluster can reach');
  },
  nodeImage: process.env.POD_IAM_E2E_NODE_IMAGE ?? 'node:22-slim',
  /** sh and curl. */
  get curlImage() {
    return required('POD_IAM_E2E_CURL_IMAGE', 'an image with sh and curl that the nodes have or can pull');
  },
  /** python3 and boto3. */
  get sdkImage() {
    return required(
      'POD_IAM_E2E_SDK_IMAGE',
      'an image with python3 and boto3 that the nodes have or can pull',
    );
  },
  /** moto's server program, an STS and IAM that we did not write. */
  get moto() {
    return required('POD_IAM_E2E_MOTO', 'the moto_server program (pip install "moto[server]==5.2.5")');
  },
  /** The client port of the cluster's etcd, where it can be reached. */
  etcd: process.env.POD_IAM_E2E_ETCD,
  /** More words for `pod-iam install`, such as `--redirect-image …` where nodes have no nft. */
  installFlags: (process.env.POD_IAM_E2E_INSTALL_FLAGS ?? '').split(' ').filter((word) => word !== ''),
};
