// Made by scripts/goldens/torchvision_names.py.
/** Names and shapes of torchvision 0.29.1's models, narrow, and their scores. */
export const torchvisionModels = {
  vgg11: {
    modules: `
features.0 4x3x3x3
features.3 8x4x3x3
features.6 16x8x3x3
features.8 16x16x3x3
features.11 32x16x3x3
features.13 32x32x3x3
features.16 32x32x3x3
features.18 32x32x3x3
classifier.0 256x1568
classifier.3 256x256
classifier.6 10x256
`,
    scores: [
      -0.18512701988220215, 5.677530765533447, 0.5933172702789307, -4.634418964385986, -4.582003593444824,
      0.3606804609298706, 4.0013322830200195, 3.2284438610076904, -0.1425975263118744, -6.306774616241455,
    ],
  },
  resnet18: {
    modules: `
conv1 4x3x7x7 -
bn1 4
layer1.0.conv1 4x4x3x3 -
layer1.0.bn1 4
layer1.0.conv2 4x4x3x3 -
layer1.0.bn2 4
layer1.1.conv1 4x4x3x3 -
layer1.1.bn1 4
layer1.1.conv2 4x4x3x3 -
layer1.1.bn2 4
layer2.0.conv1 8x4x3x3 -
layer2.0.bn1 8
layer2.0.conv2 8x8x3x3 -
layer2.0.bn2 8
layer2.0.downsample.0 8x4x1x1 -
layer2.0.downsample.1 8
layer2.1.conv1 8x8x3x3 -
layer2.1.bn1 8
layer2.1.conv2 8x8x3x3 -
layer2.1.bn2 8
layer3.0.conv1 16x8x3x3 -
layer3.0.bn1 16
layer3.0.conv2 16x16x3x3 -
layer3.0.bn2 16
layer3.0.downsample.0 16x8x1x1 -
layer3.0.downsample.1 16
layer3.1.conv1 16x16x3x3 -
layer3.1.bn1 16
layer3.1.conv2 16x16x3x3 -
layer3.1.bn2 16
layer4.0.conv1 32x16x3x3 -
layer4.0.bn1 32
layer4.0.conv2 32x32x3x3 -
layer4.0.bn2 32
layer4.0.downsample.0 32x16x1x1 -
layer4.0.downsample.1 32
layer4.1.conv1 32x32x3x3 -
layer4.1.bn1 32
layer4.1.conv2 32x32x3x3 -
layer4.1.bn2 32
fc 10x32
`,
    scores: [
      -1.2200958728790283, -2.123629093170166, -0.043691158294677734, -0.02250581979751587, -0.7372949123382568,
      0.8793717622756958, -0.254597544670105, -1.4170613288879395, 1.3619415760040283, 0.07748305797576904,
    ],
  },
  mobilenet_v2: {
    modules: `
features.0.0 8x3x3x3 -
features.0.1 8
features.1.conv.0.0 8x1x3x3 -
features.1.conv.0.1 8
features.1.conv.1 8x8x1x1 -
features.1.conv.2 8
features.2.conv.0.0 48x8x1x1 -
features.2.conv.0.1 48
features.2.conv.1.0 48x1x3x3 -
features.2.conv.1.1 48
features.2.conv.2 8x48x1x1 -
features.2.conv.3 8
features.3.conv.0.0 48x8x1x1 -
features.3.conv.0.1 48
features.3.conv.1.0 48x1x3x3 -
features.3.conv.1.1 48
features.3.conv.2 8x48x1x1 -
features.3.conv.3 8
features.4.conv.0.0 48x8x1x1 -
features.4.conv.0.1 48
features.4.conv.1.0 48x1x3x3 -
features.4.conv.1.1 48
features.4.conv.2 8x48x1x1 -
features.4.conv.3 8
features.5.conv.0.0 48x8x1x1 -
features.5.conv.0.1 48
features.5.conv.1.0 48x1x3x3 -
features.5.conv.1.1 48
features.5.conv.2 8x48x1x1 -
features.5.conv.3 8
features.6.conv.0.0 48x8x1x1 -
features.6.conv.0.1 48
features.6.conv.1.0 48x1x3x3 -
features.6.conv.1.1 48
features.6.conv.2 8x48x1x1 -
features.6.conv.3 8
features.7.conv.0.0 48x8x1x1 -
features.7.conv.0.1 48
features.7.conv.1.0 48x1x3x3 -
features.7.conv.1.1 48
features.7.conv.2 16x48x1x1 -
features.7.conv.3 16
features.8.conv.0.0 96x16x1x1 -
features.8.conv.0.1 96
features.8.conv.1.0 96x1x3x3 -
features.8.conv.1.1 96
features.8.conv.2 16x96x1x1 -
features.8.conv.3 16
features.9.conv.0.0 96x16x1x1 -
features.9.conv.0.1 96
features.9.conv.1.0 96x1x3x3 -
features.9.conv.1.1 96
features.9.conv.2 16x96x1x1 -
features.9.conv.3 16
features.10.conv.0.0 96x16x1x1 -
features.10.conv.0.1 96
features.10.conv.1.0 96x1x3x3 -
features.10.conv.1.1 96
features.10.conv.2 16x96x1x1 -
features.10.conv.3 16
features.11.conv.0.0 96x16x1x1 -
features.11.conv.0.1 96
features.11.conv.1.0 96x1x3x3 -
features.11.conv.1.1 96
features.11.conv.2 24x96x1x1 -
features.11.conv.3 24
features.12.conv.0.0 144x24x1x1 -
features.12.conv.0.1 144
features.12.conv.1.0 144x1x3x3 -
features.12.conv.1.1 144
features.12.conv.2 24x144x1x1 -
features.12.conv.3 24
features.13.conv.0.0 144x24x1x1 -
features.13.conv.0.1 144
features.13.conv.1.0 144x1x3x3 -
features.13.conv.1.1 144
features.13.conv.2 24x144x1x1 -
features.13.conv.3 24
features.14.conv.0.0 144x24x1x1 -
features.14.conv.0.1 144
features.14.conv.1.0 144x1x3x3 -
features.14.conv.1.1 144
features.14.conv.2 40x144x1x1 -
features.14.conv.3 40
features.15.conv.0.0 240x40x1x1 -
features.15.conv.0.1 240
features.15.conv.1.0 240x1x3x3 -
features.15.conv.1.1 240
features.15.conv.2 40x240x1x1 -
features.15.conv.3 40
features.16.conv.0.0 240x40x1x1 -
features.16.conv.0.1 240
features.16.conv.1.0 240x1x3x3 -
features.16.conv.1.1 240
features.16.conv.2 40x240x1x1 -
features.16.conv.3 40
features.17.conv.0.0 240x40x1x1 -
features.17.conv.0.1 240
features.17.conv.1.0 240x1x3x3 -
features.17.conv.1.1 240
features.17.conv.2 80x240x1x1 -
features.17.conv.3 80
features.18.0 1280x80x1x1 -
features.18.1 1280
classifier.1 10x1280
`,
    scores: [
      12.112285614013672, 13.289140701293945, 13.976371765136719, -2.544511318206787, -14.106181144714355,
      -15.812478065490723, -11.712535858154297, -6.896269798278809, 0.49106287956237793, 2.4300055503845215,
    ],
  },
  squeezenet1_1: {
    modules: `
features.0 4x3x3x3
features.3.squeeze 1x4x1x1
features.3.expand1x1 4x1x1x1
features.3.expand3x3 4x1x3x3
features.4.squeeze 1x8x1x1
features.4.expand1x1 4x1x1x1
features.4.expand3x3 4x1x3x3
features.6.squeeze 2x8x1x1
features.6.expand1x1 8x2x1x1
features.6.expand3x3 8x2x3x3
features.7.squeeze 2x16x1x1
features.7.expand1x1 8x2x1x1
features.7.expand3x3 8x2x3x3
features.9.squeeze 3x16x1x1
features.9.expand1x1 12x3x1x1
features.9.expand3x3 12x3x3x3
features.10.squeeze 3x24x1x1
features.10.expand1x1 12x3x1x1
features.10.expand3x3 12x3x3x3
features.11.squeeze 4x24x1x1
features.11.expand1x1 16x4x1x1
features.11.expand3x3 16x4x3x3
features.12.squeeze 4x32x1x1
features.12.expand1x1 16x4x1x1
features.12.expand3x3 16x4x3x3
classifier.1 10x32x1x1
`,
    scores: [0.0, 0.0, 0.0, 0.06180984526872635, 4.360532760620117, 1.338402271270752, 0.0, 0.0, 0.0, 0.0],
  },
};
