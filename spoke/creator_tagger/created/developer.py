"""Repositories, builds, pipelines and front ends."""

# One line per call, however long.
# ruff: noqa: E501
# fmt: off

from spoke.creator_tagger.creation import IN_EVENT, Created

DEVELOPER = {
    "amplify.amazonaws.com:CreateApp": Created(IN_EVENT, "responseElements.app.appArn"),
    "amplify.amazonaws.com:CreateBranch": Created(IN_EVENT, "responseElements.branch.branchArn"),
    "amplify.amazonaws.com:CreateWebhook": Created(IN_EVENT, "responseElements.webhook.webhookArn"),
    "appconfig.amazonaws.com:CreateApplication": Created("arn:{partition}:appconfig:{region}:{account}:application/{id}", "responseElements.id"),
    "appconfig.amazonaws.com:CreateConfigurationProfile": Created("arn:{partition}:appconfig:{region}:{account}:application/{responseElements.applicationId}/configurationprofile/{id}", "responseElements.id"),
    "appconfig.amazonaws.com:CreateDeploymentStrategy": Created("arn:{partition}:appconfig:{region}:{account}:deploymentstrategy/{id}", "responseElements.id"),
    "appconfig.amazonaws.com:CreateEnvironment": Created("arn:{partition}:appconfig:{region}:{account}:application/{responseElements.applicationId}/environment/{id}", "responseElements.id"),
    "appconfig.amazonaws.com:CreateExtension": Created(IN_EVENT, "responseElements.arn"),
    "appconfig.amazonaws.com:CreateExtensionAssociation": Created("arn:{partition}:appconfig:{region}:{account}:extensionassociation/{id}", "responseElements.arn", "responseElements.id"),
    "cloud9.amazonaws.com:CreateEnvironmentEC2": Created("arn:{partition}:cloud9:{region}:{account}:environment:{id}", "responseElements.environmentId"),
    "codeartifact.amazonaws.com:CreateDomain": Created("arn:{partition}:codeartifact:{region}:{account}:domain/{id}", "responseElements.domain.arn", "responseElements.domain.name"),
    "codeartifact.amazonaws.com:CreatePackageGroup": Created(IN_EVENT, "responseElements.packageGroup.arn"),
    "codeartifact.amazonaws.com:CreateRepository": Created("arn:{partition}:codeartifact:{region}:{account}:repository/{responseElements.repository.domainName}/{id}", "responseElements.repository.arn", "responseElements.repository.name"),
    "codebuild.amazonaws.com:CreateFleet": Created(IN_EVENT, "responseElements.fleet.arn"),
    "codebuild.amazonaws.com:CreateProject": Created("arn:{partition}:codebuild:{region}:{account}:project/{id}", "responseElements.project.arn", "requestParameters.name"),
    "codebuild.amazonaws.com:CreateReportGroup": Created("arn:{partition}:codebuild:{region}:{account}:report-group/{id}", "responseElements.reportGroup.arn", "requestParameters.name"),
    "codecommit.amazonaws.com:CreateRepository": Created("arn:{partition}:codecommit:{region}:{account}:{id}", "responseElements.repositoryMetadata.arn", "requestParameters.repositoryName"),
    "codeconnections.amazonaws.com:CreateConnection": Created(IN_EVENT, "responseElements.connectionArn"),
    "codeconnections.amazonaws.com:CreateHost": Created(IN_EVENT, "responseElements.hostArn"),
    "codeconnections.amazonaws.com:CreateRepositoryLink": Created("arn:{partition}:codeconnections:{region}:{account}:repository-link/{id}", "responseElements.repositoryLinkInfo.repositoryLinkArn", "responseElements.repositoryLinkInfo.repositoryLinkId"),
    "codedeploy.amazonaws.com:CreateApplication": Created("arn:{partition}:codedeploy:{region}:{account}:application:{id}", "requestParameters.applicationName"),
    "codedeploy.amazonaws.com:CreateDeploymentGroup": Created("arn:{partition}:codedeploy:{region}:{account}:deploymentgroup:{requestParameters.applicationName}/{id}", "requestParameters.deploymentGroupName"),
    "codeguru-profiler.amazonaws.com:CreateProfilingGroup": Created("arn:{partition}:codeguru-profiler:{region}:{account}:profilingGroup/{id}", "responseElements.profilingGroup.arn", "requestParameters.profilingGroupName"),
    "codepipeline.amazonaws.com:CreatePipeline": Created("arn:{partition}:codepipeline:{region}:{account}:{id}", "responseElements.pipeline.name"),
    "codepipeline.amazonaws.com:PutWebhook": Created("arn:{partition}:codepipeline:{region}:{account}:webhook:{id}", "responseElements.webhook.arn", "requestParameters.webhook.name"),
    "codestar-connections.amazonaws.com:CreateConnection": Created(IN_EVENT, "responseElements.connectionArn"),
    "codestar-connections.amazonaws.com:CreateHost": Created(IN_EVENT, "responseElements.hostArn"),
    "codestar-connections.amazonaws.com:CreateRepositoryLink": Created("arn:{partition}:codestar-connections:{region}:{account}:repository-link/{id}", "responseElements.repositoryLinkInfo.repositoryLinkArn", "responseElements.repositoryLinkInfo.repositoryLinkId"),
    "codestar-notifications.amazonaws.com:CreateNotificationRule": Created(IN_EVENT, "responseElements.arn"),
}
