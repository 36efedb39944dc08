// `yarn heroku prune`, for Yarn 2 and later, which have no such command of their own: installs again what
// yarn.lock has, without the devDependencies of any workspace, and leaves yarn.lock and package.json as they are.
// Loaded by YARN_PLUGINS: https://yarnpkg.com/advanced/plugin-tutorial
// It does what heroku-buildpack-nodejs' yarn2-plugins/prune-dev-dependencies does; its source has to be read by
// Node.js 10, which Yarn 2 runs on.
module.exports = {
  name: 'localku-plugin-prune',
  factory: (require) => {
    const { Cache, Configuration, Project, StreamReport } = require('@yarnpkg/core');
    const { Command } = require('clipanion');

    class HerokuPrune extends Command {
      async execute() {
        const configuration = await Configuration.find(this.context.cwd, this.context.plugins);
        const { project } = await Project.find(configuration, this.context.cwd);
        const cache = await Cache.find(configuration);
        await project.restoreInstallState({ restoreResolutions: false });
        for (const workspace of project.workspaces) {
          workspace.manifest.devDependencies.clear();
        }
        const options = { configuration, json: false, stdout: this.context.stdout, includeLogs: true };
        const report = await StreamReport.start(options, async (report) => {
          try {
            await project.install({ cache, report, persistProject: false });
            await project.cacheCleanup({ cache, report });
            await project.persistInstallStateFile();
          } catch (error) {
            report.reportWarning(0, `devDependencies are not pruned: ${error.message}`); // as on Heroku, no error
          }
        });
        return report.exitCode();
      }
    }

    if (Command.Path) {
      Command.Path('heroku', 'prune')(HerokuPrune.prototype, 'execute'); // Yarn 2 and 3
    } else {
      HerokuPrune.paths = [['heroku', 'prune']];
    }
    return { default: { commands: [HerokuPrune] } };
  },
};
