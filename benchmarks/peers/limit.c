/* The practical limit of one core: many LSTM(1) -> Dense(1) networks at once, written by hand.

   Trains the scenario `stateful`: one timestep, batch size 1, mean squared error, Adam, the state
   zeroed after each epoch. Networks lie side by side, so that each line below is a SIMD
   instruction over sixteen of them (AVX-512); a block of networks stays in the L1 cache for all
   its epochs. Build with -O3 -march=native -ffast-math.

   Not for use: it knows one network, one regime and one optimizer, and checks nothing. */

#include <math.h>
#include <string.h>

#define LANES 64

enum { KERNEL = 0, RECURRENT = 4, BIAS = 8, DENSE = 12, DENSE_BIAS = 13, WEIGHTS = 14 };
enum { INPUT, FORGET, CANDIDATE, OUTPUT };

static const float BETA_1 = 0.9f, BETA_2 = 0.999f;

/* The rational approximation that Eigen and XLA use, within a few units in the last place. */
static inline float fast_tanh(float x) {
  x = fminf(fmaxf(x, -7.90531110763549805f), 7.90531110763549805f);
  const float s = x * x;
  float p = -2.76076847742355e-16f;
  p = p * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  float q = 1.19825839466702e-06f;
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return x * p / q;
}

static inline float sigmoid(float x) { return 0.5f * fast_tanh(0.5f * x) + 0.5f; }

typedef struct {
  float weight[WEIGHTS][LANES], mean[WEIGHTS][LANES], square[WEIGHTS][LANES];
  float h[LANES], c[LANES];
} Block;

/* One update of all networks of a block by one row; step_size has Adam's bias corrections. */
static void update(Block *restrict b, float x, float target, float step_size, float epsilon) {
#pragma GCC ivdep
  for (int n = 0; n < LANES; n++) {
    const float h = b->h[n], c = b->c[n];
    float gate[4], gradient[WEIGHTS];
    for (int k = 0; k < 4; k++)
      gate[k] =
          x * b->weight[KERNEL + k][n] + h * b->weight[RECURRENT + k][n] + b->weight[BIAS + k][n];
    const float i = sigmoid(gate[INPUT]), f = sigmoid(gate[FORGET]);
    const float g = fast_tanh(gate[CANDIDATE]), o = sigmoid(gate[OUTPUT]);
    const float next_c = f * c + i * g, tanh_c = fast_tanh(next_c), next_h = o * tanh_c;
    const float error = next_h * b->weight[DENSE][n] + b->weight[DENSE_BIAS][n] - target;

    const float d_y = 2 * error, d_h = d_y * b->weight[DENSE][n];
    const float d_c = d_h * o * (1 - tanh_c * tanh_c);
    const float d_gate[4] = {d_c * g * i * (1 - i), d_c * c * f * (1 - f), d_c * i * (1 - g * g),
                             d_h * tanh_c * o * (1 - o)};
    for (int k = 0; k < 4; k++) {
      gradient[KERNEL + k] = d_gate[k] * x;
      gradient[RECURRENT + k] = d_gate[k] * h;
      gradient[BIAS + k] = d_gate[k];
    }
    gradient[DENSE] = d_y * next_h;
    gradient[DENSE_BIAS] = d_y;

    for (int w = 0; w < WEIGHTS; w++) {
      const float d = gradient[w];
      const float mean = b->mean[w][n] + (d - b->mean[w][n]) * (1 - BETA_1);
      const float square = b->square[w][n] + (d * d - b->square[w][n]) * (1 - BETA_2);
      b->mean[w][n] = mean;
      b->square[w][n] = square;
      b->weight[w][n] -= step_size * mean / (sqrtf(square) + epsilon);
    }
    b->h[n] = next_h;
    b->c[n] = next_c;
  }
}

/* Trains in place: weights (WEIGHTS, networks), networks a multiple of LANES. */
void train(float *weights, int networks, const float *inputs, const float *targets, int rows,
           int epochs, float learning_rate, float epsilon) {
  for (int first = 0; first < networks; first += LANES) {
    static Block block;
    memset(&block, 0, sizeof block);
    for (int w = 0; w < WEIGHTS; w++)
      memcpy(block.weight[w], weights + (long)w * networks + first, sizeof block.weight[w]);
    long step = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      memset(block.h, 0, sizeof block.h);
      memset(block.c, 0, sizeof block.c);
      for (int row = 0; row < rows; row++) {
        step++;
        const double correction = sqrt(1 - pow(BETA_2, step)) / (1 - pow(BETA_1, step));
        update(&block, inputs[row], targets[row], (float)(learning_rate * correction), epsilon);
      }
    }
    for (int w = 0; w < WEIGHTS; w++)
      memcpy(weights + (long)w * networks + first, block.weight[w], sizeof block.weight[w]);
  }
}
