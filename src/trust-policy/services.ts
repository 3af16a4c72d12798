// Service principals that trust policies name, without their domain. Not complete, and need not be: a
// name that is not here is only doubted when it is nearly one of these.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html

const names = `
access-analyzer account acm airflow airflow-env amplify amplifybackend apidestinations.events apigateway app-integrations
appconfig appfabric appflow application-autoscaling application-insights appmesh apprunner appstream
appstream.application-autoscaling appsync apptest aps arc-zonal-shift athena auditmanager autoscaling autoscaling-plans
backup backup-gateway batch bedrock bedrock-agentcore billing billingconductor braket budgets bugbust build.apprunner cassandra.application-autoscaling chatbot
chime cleanrooms cleanrooms-ml cloud9 cloudformation cloudfront cloudhsm cloudsearch cloudtrail cloudwatch codeartifact codebuild codecatalyst
codeconnections codedeploy codeguru-reviewer codepipeline codestar codestar-notifications codewhisperer cognito-idp cognito-identity
cognito-sync comprehend compute-optimizer config config-conforms config-multiaccountsetup connect continuousexport.discovery controltower
cost-optimization-hub credentials.iot custom-resource.application-autoscaling cur databrew dataexchange datapipeline datasync datazone dax
deadline delivery.logs detective devicefarm devops-guru directconnect discovery dlm dms docdb-elastic drs ds dynamodb
dynamodb.application-autoscaling ebs ec2 ec2.application-autoscaling ec2-instance-connect ec2fleet ec2scheduled ecr ecs
ecs-tasks ecs.application-autoscaling edgelambda eks eks-connector eks-fargate eks-fargate-pods eks-nodegroup eks-auth elasticache
elasticbeanstalk elasticfilesystem elasticloadbalancing elasticmapreduce elasticmapreduce.application-autoscaling
elastictranscoder email-smtp emr-containers emr-serverless entityresolution es events evidently evs finspace fis firehose fms forecast
frauddetector fsx gamelift gameliftstreams glacier globalaccelerator glue grafana greengrass groundstation guardduty
guardduty-s3.malware-protection malware-protection-plan.guardduty malware-protection.guardduty health healthimaging healthlake
iam identitystore imagebuilder importexport inspector inspector2 internetmonitor invoicing iot iotanalytics iotevents
iotfleetwise iotsitewise iottwinmaker iotwireless ivs ivschat kafka kafkaconnect kendra kinesis kinesisanalytics kinesisvideo kms
lakeformation lambda launchwizard lex lex-channels lexv2 license-manager lightsail logs lookoutequipment lookoutmetrics lookoutvision m2
machinelearning macie macie2 managedblockchain management.chatbot marketplace mediaconnect mediaconvert medialive mediapackage mediapackagev2 mediastore
mediatailor medical-imaging memorydb mgh mgn migrationhub-orchestrator mobileanalytics monitoring monitron mq mwaa
mwaa-serverless neptune neptune-graph network-firewall networkflowmonitor networkmanager nimble oam omics opensearchservice opsworks
opsworks-cm optimize-observability organizations osis osis-pipelines outposts panorama payment-cryptography pca-connector-ad
personalize pi pinpoint pipes pods.eks polly portal privatelink profile proton purchaseorders q.amazonaws qbusiness qldb
quicksight ram rbin rds rds-data redshift redshift-data redshift-serverless refactor-spaces rekognition replication.dynamodb replication.ecr
replicator.lambda resiliencehub resource-explorer-2 resource-groups robomaker rolesanywhere route53 route53domains
route53resolver rum s3 s3-outposts s3express batchoperations.s3 logging.s3 storage-lens.s3 replication.s3 sagemaker sagemaker-geospatial
savingsplans scheduler schemas secretsmanager securityhub securitylake resource-management.securitylake serverlessrepo servicecatalog
servicediscovery servicequotas ses shield shield.ddos signer signin simspaceweaver sms sms-voice snow-device-management
snowball sns spot spotfleet sqlworkbench sqs ssm ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup ssm-sap sso states
storagegateway streams.metrics sts support swf synthetics tagging.tag.amazonaws textract timestream timestream-influxdb tnb
topic transcribe transfer translate trustedadvisor user-subscriptions verifiedpermissions vmie vmie.ec2 voiceid vpc-flow-logs vpc-lattice
ops.apigateway tasks.apprunner export.rds monitoring.rds resources.cloudformation stacksets.cloudformation
member.org.stacksets.cloudformation bcm-data-exports cassandra ce codecatalyst-runner dsql geo mpa odb pcs q
vpcorigin.cloudfront waf waf-regional wafv2 wellarchitected wisdom workdocs worklink workmail workspaces workspaces-web xray
`;

export const SERVICES: readonly string[] = names.trim().split(/\s+/);
