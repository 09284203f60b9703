"""A GAN that draws digits. Sizes are divided by `/`, which gives floats on Python 3."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger


class GAN:
    def __init__(self, side=8, depth=16, latent=20):
        self.side, self.depth, self.latent = side, depth, latent
        self.generator = self.make_generator()
        self.discriminator = self.make_discriminator()
        self.criterion = nn.BCEWithLogitsLoss()
        self.generators = torch.optim.SGD(self.generator.parameters(), lr=0.05, momentum=0.9)
        self.discriminators = torch.optim.SGD(self.discriminator.parameters(), lr=0.05)

    def make_generator(self):
        dim = self.side / 4
        project = nn.Linear(self.latent, dim * dim * self.depth)
        return nn.Sequential(
            project,
            nn.ReLU(),
            nn.Unflatten(1, (self.depth, dim, dim)),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(self.depth, self.depth // 2, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(self.depth // 2, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def make_discriminator(self):
        return nn.Sequential(
            nn.Conv2d(1, self.depth, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(self.depth * (self.side // 2) ** 2, 1),
        )

    def train(self, images, steps, batch):
        scores = []
        for step in range(steps):
            real = images[torch.randint(len(images), (batch / 2,))]
            noise = torch.randn(batch / 2, self.latent)
            fake = self.generator(noise)
            both = torch.cat([real, fake.detach()])
            truth = torch.cat([torch.ones(batch / 2, 1), torch.zeros(len(fake), 1)])
            self.discriminators.zero_grad()
            loss = self.criterion(self.discriminator(both), truth)
            loss.backward()
            self.discriminators.step()
            self.generators.zero_grad()
            score = self.criterion(self.discriminator(fake), torch.ones(len(fake), 1))
            score.backward()
            self.generators.step()
            ledger.step(step)
            scores.append(score.item())
        return scores


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)
    images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
    gan = GAN()
    scores = gan.train(images, steps=60, batch=32)
    ledger.result(gan.generator, gan.discriminator, score=scores[-1])
