// What B13 is compared with: AWS CDK synthesizes a stack of so many queues. Arguments: folder, number.
const { App, Stack } = require("aws-cdk-lib");
const { CfnQueue } = require("aws-cdk-lib/aws-sqs");

const [outdir, count] = process.argv.slice(2);
const app = new App({ outdir, analyticsReporting: false });
const stack = new Stack(app, "Bench");
for (let number = 0; number < Number(count); number += 1) {
  new CfnQueue(stack, `Queue${number}`, { queueName: `queue-${number}`, messageRetentionPeriod: 1209600 });
}
app.synth();
